//! Which adapters this machine has, and which one a run gets.

use super::GpuError;
use wgpu::{Adapter, AdapterInfo, Backend, Backends, DeviceType, Instance, InstanceDescriptor, InstanceFlags};

/// The kind of an adapter that is a program.
pub const SOFTWARE: &str = "software";

/// What an adapter says of itself.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AdapterRecord {
    pub name: String,
    /// `discrete`, `integrated`, `virtual`, `software` or `other`.
    pub kind: &'static str,
    /// The interface it is driven through: `vulkan`, `metal`, `dx12`.
    pub interface: String,
    pub driver: String,
    pub driver_version: String,
    /// Empty where the interface does not tell.
    pub pci_bus_id: String,
    /// Bytes of one storage buffer that a kernel can bind, at the most.
    pub max_storage_binding: u64,
    /// Workgroups of a dispatch in one dimension, at the most.
    pub max_workgroups: u32,
}

impl AdapterRecord {
    pub(super) fn of(adapter: &Adapter) -> AdapterRecord {
        let (info, limits) = (adapter.get_info(), adapter.limits());
        let kind = match info.device_type {
            DeviceType::DiscreteGpu => "discrete",
            DeviceType::IntegratedGpu => "integrated",
            DeviceType::VirtualGpu => "virtual",
            DeviceType::Cpu => SOFTWARE,
            DeviceType::Other => "other",
        };
        AdapterRecord {
            name: info.name,
            kind,
            interface: info.backend.to_str().to_owned(),
            driver: info.driver,
            driver_version: info.driver_info,
            pci_bus_id: info.device_pci_bus_id,
            max_storage_binding: limits.max_storage_buffer_binding_size,
            max_workgroups: limits.max_compute_workgroups_per_dimension,
        }
    }

    /// Trajectories of a batch where nobody says otherwise: they fill the device.
    pub(super) fn default_batch(&self) -> u64 {
        if self.kind == SOFTWARE { 1 << 15 } else { 1 << 20 }
    }
}

/// Every adapter of this machine; none where there is no driver.
pub async fn list() -> Vec<AdapterRecord> {
    adapters().await.iter().map(AdapterRecord::of).collect()
}

/// The adapter whose name contains `name`, in any case; without a name the best hardware adapter. A software adapter is
/// taken only when named.
pub(super) async fn choose(name: Option<&str>) -> Result<Adapter, GpuError> {
    Ok(best_first(name).await?.swap_remove(0))
}

/// Every hardware adapter, the best first; a device that answers through several interfaces once.
pub async fn hardware() -> Result<Vec<AdapterRecord>, GpuError> {
    let mut found: Vec<AdapterRecord> = Vec::new();
    for record in best_first(None).await?.iter().map(AdapterRecord::of) {
        let is_same = |other: &AdapterRecord| match record.pci_bus_id.as_str() {
            "" => other.interface != record.interface,
            id => other.pci_bus_id == id,
        };
        if !found.iter().any(is_same) {
            found.push(record);
        }
    }
    Ok(found)
}

/// The adapters whose name contains `name`, or all hardware adapters; it is an error if there is none.
async fn best_first(name: Option<&str>) -> Result<Vec<Adapter>, GpuError> {
    let mut adapters = adapters().await;
    let found = adapters.iter().map(|adapter| adapter.get_info().name).collect::<Vec<_>>();
    match name {
        Some(name) => {
            let wanted = name.to_lowercase();
            adapters.retain(|adapter| adapter.get_info().name.to_lowercase().contains(&wanted));
        }
        None => adapters.retain(|adapter| rank(&adapter.get_info()) > 0),
    }
    adapters.sort_by_key(|adapter| std::cmp::Reverse(rank(&adapter.get_info())));
    let wanted = name.map(str::to_owned);
    if adapters.is_empty() { Err(GpuError::NoAdapter { wanted, found }) } else { Ok(adapters) }
}

/// The adapter that `record` tells of, as the machine shows it now.
pub(super) async fn again(record: &AdapterRecord) -> Result<Adapter, GpuError> {
    let found = adapters().await.into_iter().find(|adapter| AdapterRecord::of(adapter) == *record);
    found.ok_or_else(|| GpuError::Lost(format!("adapter \"{}\" is gone", record.name)))
}

fn rank(info: &AdapterInfo) -> u32 {
    match info.device_type {
        DeviceType::DiscreteGpu => 3,
        DeviceType::IntegratedGpu => 2,
        DeviceType::VirtualGpu => 1,
        // A browser does not tell of what kind its adapter is, but for one that is a program.
        DeviceType::Other if info.backend == Backend::BrowserWebGpu => 1,
        DeviceType::Cpu | DeviceType::Other => 0,
    }
}

async fn adapters() -> Vec<Adapter> {
    let backends = Backends::VULKAN | Backends::METAL | Backends::DX12 | Backends::BROWSER_WEBGPU;
    // wgpu's own default differs between builds: in one for tests it names every line of a kernel to the driver, which takes
    // a third of the time to compile it, and so is not what a release runs.
    let flags = InstanceFlags::VALIDATION_INDIRECT_CALL.with_env();
    let descriptor =
        InstanceDescriptor { backends, flags, ..InstanceDescriptor::new_without_display_handle_from_env() };
    Instance::new(descriptor).enumerate_adapters(backends).await
}
