using Athanor.Tensors.Cpu;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Devices;

[Trait("Category", "Isa")]
public sealed class KernelCatalogTests
{
    [Fact]
    public void The_catalog_lists_the_folders_of_kernels()
    {
        string[] folders = [.. Directory.GetDirectories(Path.Combine(Root(), "src/Athanor.Tensors/Kernels")).Select(path => Path.GetFileName(path)!)];
        Assert.Equal(folders.Order(StringComparer.Ordinal), KernelCatalog.FamilyNames.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Matrix_families_take_AMX_for_bf16_exactly_on_AMX_devices()
    {
        foreach (CpuDevice device in TestDevices.Fast)
        {
            foreach (KernelChoice choice in KernelCatalog.For(device).Where(c => c.Family == "MatMul"))
            {
                bool amx = device.Path == KernelPath.Amx && choice.Type == DType.BF16;
                Assert.Equal(amx ? KernelPath.Amx : KernelPath.Simd, choice.Path);
                Assert.Equal(device.Lanes, choice.Lanes);
                Assert.NotEmpty(choice.Reason);
            }
        }
    }

    [Fact]
    public void The_reference_device_takes_reference_kernels_for_everything() =>
        Assert.All(KernelCatalog.For(TestDevices.Reference), choice => Assert.Equal(KernelPath.Reference, choice.Path));

    // Source paths inside the assembly are not real ones in reproducible builds, so the way leads up from the output.
    private static string Root()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Athanor.slnx")))
            folder = folder.Parent ?? throw new InvalidOperationException("Athanor.slnx is in no folder above the tests.");
        return folder.FullName;
    }
}
