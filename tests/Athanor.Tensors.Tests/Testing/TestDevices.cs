using Athanor.Tensors.Cpu;
using Athanor.Tensors.Tests.InstructionSets;

namespace Athanor.Tensors.Tests.Testing;

/// <summary>Every kernel path of this machine, as theory data: <c>[MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]</c>.</summary>
internal static class TestDevices
{
    /// <summary>The oracle that the others are compared with.</summary>
    public static CpuDevice Reference { get; } = new(KernelPath.Reference);

    /// <summary>SIMD at each width the machine has, widest first, then AMX where it runs.</summary>
    public static IReadOnlyList<CpuDevice> Fast { get; } = FindFast();

    /// <summary>Reference, SIMD at each width, AMX.</summary>
    public static TheoryData<CpuDevice> All()
    {
        var data = new TheoryData<CpuDevice> { Reference };
        foreach (CpuDevice device in Fast)
            data.Add(device);
        return data;
    }

    /// <summary>Each fast device with F32 and BF16.</summary>
    public static TheoryData<CpuDevice, DType> FastAndFloating()
    {
        var data = new TheoryData<CpuDevice, DType>();
        foreach (CpuDevice device in Fast)
        {
            data.Add(device, DType.F32);
            data.Add(device, DType.BF16);
        }
        return data;
    }

    /// <summary>The same path and lanes with another number of threads.</summary>
    public static CpuDevice WithThreads(CpuDevice device, int threads) => new(device.Path, device.Lanes, threads);

    private static List<CpuDevice> FindFast()
    {
        var devices = new List<CpuDevice>();
        // A child process of the instruction-set tests is about its own widest vectors; narrower ones are the other children's.
        bool widestOnly = Environment.GetEnvironmentVariable(ActiveInstructionSetTests.ExpectedLanes) is not null;
        foreach (int lanes in (int[])[16, 8, 4, 1])
        {
            if (lanes == CpuFeatures.Lanes || (lanes < CpuFeatures.Lanes && !widestOnly))
                devices.Add(new CpuDevice(KernelPath.Simd, lanes));
        }
        if (CpuFeatures.Amx)
            devices.Add(new CpuDevice(KernelPath.Amx));
        return devices;
    }
}
