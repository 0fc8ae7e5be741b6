using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Devices;

[Trait("Category", "Isa")]
public sealed class KernelCatalogTests
{
    [Fact]
    public void Every_folder_of_kernels_is_in_the_catalog()
    {
        string kernels = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../../src/Athanor.Tensors/Kernels"));
        foreach (string folder in Directory.GetDirectories(kernels))
            Assert.Contains(Path.GetFileName(folder), KernelCatalog.FamilyNames);
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

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
