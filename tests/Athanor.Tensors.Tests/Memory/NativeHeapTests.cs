using Athanor.Tensors.Memory;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Memory;

public sealed unsafe class NativeHeapTests
{
    [Fact]
    public void A_size_class_holds_what_was_asked_and_wastes_little()
    {
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            long bytes = 1 + (long)Math.Pow(2, random.NextDouble() * 36);
            int sizeClass = NativeHeap.ClassOf(bytes, out long capacity);
            Assert.True(capacity >= bytes, $"{capacity} for {bytes}");
            Assert.True(bytes < 4096 || capacity <= bytes + bytes / (bytes > 1 << 20 ? 8 : 2), $"{capacity} for {bytes}");
            Assert.Equal(0, capacity % 64);
            // The class is a function of the capacity alone: a cached block fits every request of its class.
            Assert.Equal(sizeClass, NativeHeap.ClassOf(capacity, out long again));
            Assert.Equal(capacity, again);
        }
    }

    [Fact]
    public void A_freed_block_serves_the_next_request_of_its_class()
    {
        var heap = new NativeHeap();
        NativeBuffer first = heap.Rent(5 << 20, "test");
        byte* pointer = first.Pointer;
        Assert.Equal(0, (nint)pointer % (2 << 20));
        first.Release();
        NativeBuffer second = heap.Rent((5 << 20) - 1000, "test");
        Assert.True(pointer == second.Pointer);
        Assert.Equal(heap.LiveBytes, heap.ReservedBytes);
        second.Release();
        Assert.Equal(0, heap.LiveBytes);
        heap.Trim();
        Assert.Equal(0, heap.ReservedBytes);
    }

    [Fact]
    public void Blocks_do_not_overlap()
    {
        var heap = new NativeHeap();
        var random = new Random(2);
        var held = new List<(NativeBuffer Buffer, long Bytes, byte Mark)>();
        for (int i = 0; i < 2000; i++)
        {
            if (held.Count > 20 || (held.Count > 0 && random.Next(3) == 0))
            {
                int pick = random.Next(held.Count);
                var (buffer, bytes, mark) = held[pick];
                Assert.Equal(mark, buffer.Pointer[0]);
                Assert.Equal(mark, buffer.Pointer[bytes - 1]);
                buffer.Release();
                held.RemoveAt(pick);
                continue;
            }
            long size = 1 + (long)Math.Pow(2, random.NextDouble() * 21);
            NativeBuffer fresh = heap.Rent(size, "test");
            fresh.Pointer[0] = fresh.Pointer[size - 1] = (byte)i;
            held.Add((fresh, size, (byte)i));
        }
    }

    [Fact]
    public void Releasing_twice_is_an_error()
    {
        NativeBuffer buffer = new NativeHeap().Rent(100, "test");
        buffer.Release();
        Assert.Throws<InvalidOperationException>(buffer.Release);
    }

    [Fact]
    public void A_step_allocates_no_managed_bytes_and_native_bytes_stay_constant()
    {
        var device = new CpuDevice(Cpu.KernelPath.Simd);
        float[] values = new float[24];
        void Step()
        {
            using (StepScope.Begin(device))
            {
                Tensor x = Tensor.From(device, new Shape(2, 3, 4), values, requiresGrad: true);
                Tensor y = x.Reshape(6, 4).Transpose(0, 1).To(DType.BF16).Contiguous().Slice(0, 0, 1).Slice(1, 0, 1).Reshape().To(DType.F32);
                y.Backward();
            }
        }
        Steady.AllocatesNothing(Step);
        long reserved = device.ReservedBytes;
        for (int i = 0; i < 1000; i++)
            Step();
        Assert.Equal(reserved, device.ReservedBytes);
        Assert.Equal(0, device.LiveBytes);
    }
}
