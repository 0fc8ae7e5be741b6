using Athanor.Tensors.Cpu;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Devices;

[Trait("Category", "Isa")]
public sealed class PeakMeterTests
{
    [Fact]
    public void Every_peak_that_the_machine_has_is_measured_on_every_width()
    {
        foreach (CpuDevice device in TestDevices.Fast)
        {
            using var meter = new PeakMeter(device, 4 << 20);
            foreach (Peak peak in Enum.GetValues<Peak>())
            {
                if (PeakMeter.Has(peak))
                    Assert.InRange(meter.Measure(peak, 0), 1e6, 1e15);
                else
                    Assert.Throws<NotSupportedException>(() => meter.Run(peak));
            }
        }
    }

    [Fact]
    public void The_work_of_a_memory_slice_is_the_bytes_it_moves()
    {
        using var meter = new PeakMeter(new CpuDevice(KernelPath.Simd), 1 << 20);
        Assert.Equal(1 << 20, meter.Run(Peak.MemoryRead));
        Assert.Equal(2 << 20, meter.Run(Peak.MemoryCopy));
        Assert.Equal(3 << 20, meter.Run(Peak.MemoryTriad));
    }

    [Fact]
    public void Fork_and_join_take_time_but_less_than_a_millisecond_at_the_median()
    {
        using var team = new Threading.Team(1);
        Assert.InRange(PeakMeter.ForkJoinSeconds(team, 100), 0, 1e-3);
    }

    [Fact]
    public void The_machine_is_described()
    {
        Assert.NotEmpty(MachineInfo.Processor);
        Assert.True(MachineInfo.MemoryBytes > 0);
        Assert.All(MachineInfo.Caches, cache => Assert.True(cache.Bytes > 0 && cache.Level > 0));
        Assert.False(string.IsNullOrEmpty(Surroundings.Cuda().Details));
        Assert.False(string.IsNullOrEmpty(Surroundings.Mpi().Details));
    }
}
