using System.Globalization;
using System.Runtime.Intrinsics;
using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Tests.InstructionSets;

/// <summary>Which instruction set this very process uses; <see cref="InstructionSetTests"/> states its expectation in the environment.</summary>
[Trait("Category", "Isa")]
public sealed class ActiveInstructionSetTests
{
    /// <summary>Set in child processes: the fp32 lanes that must be active there.</summary>
    public const string ExpectedLanes = "ATHANOR_TEST_LANES";

    [Fact]
    public void The_lanes_are_those_of_the_widest_accelerated_vector_and_as_expected()
    {
        int lanes = CpuFeatures.Lanes;
        if (Environment.GetEnvironmentVariable(ExpectedLanes) is { } expected)
            Assert.Equal(int.Parse(expected, CultureInfo.InvariantCulture), lanes);
        Assert.Equal(lanes >= 16, Vector512.IsHardwareAccelerated);
        Assert.Equal(lanes >= 8, Vector256.IsHardwareAccelerated);
        Assert.Equal(lanes >= 4, Vector128.IsHardwareAccelerated);
    }

    [Fact]
    public void Amx_is_used_only_with_the_512_bit_vectors_that_pack_for_it()
    {
        if (CpuFeatures.Lanes < 16)
            Assert.False(CpuFeatures.Amx);
        Assert.Equal(CpuFeatures.Amx, CpuFeatures.AmxUnavailableBecause is null);
    }

    [Fact]
    public void A_device_cannot_be_wider_than_the_machine()
    {
        if (CpuFeatures.Lanes < 16)
            Assert.Throws<NotSupportedException>(() => new CpuDevice(KernelPath.Simd, 16));
        Assert.Equal(CpuFeatures.Lanes, new CpuDevice(KernelPath.Simd).Lanes);
    }
}
