using System.Runtime.InteropServices;
using Athanor.Tensors.Amx;

namespace Athanor.Tensors.Tests.Amx;

public sealed unsafe class PackingTests
{
    [AmxTheory]
    [InlineData(64, 64, 0)]
    [InlineData(1, 1, 0)]
    [InlineData(33, 31, 3)]
    [InlineData(70, 131, 1)]
    [InlineData(97, 32, 5)]
    public void Both_forms_hold_every_element_at_its_place_and_zeros_beyond_the_edge(int outer, int k, int slack)
    {
        foreach (bool f32 in new[] { false, true })
            foreach (bool transposed in new[] { false, true })
            {
                // Stored [outer, k] or [k, outer]; the last row ends exactly at the end of the allocation.
                int rows = transposed ? k : outer, columns = transposed ? outer : k;
                long stride = columns + slack, count = (rows - 1) * stride + columns;
                var values = new float[count];
                for (long i = 0; i < count; i++)
                    values[i] = BFloat16.ToSingle(BFloat16.FromSingle(i % 251 + 1));
                ushort[] halves = Array.ConvertAll(values, BFloat16.FromSingle);
                long bytes = Packing.Bytes(outer, k);
                var form = (ushort*)NativeMemory.AlignedAlloc((nuint)bytes, 64);
                fixed (float* wide = values)
                fixed (ushort* narrow = halves)
                {
                    var source = new PackSource(f32 ? wide : narrow, stride, rows, columns, f32);
                    foreach (bool left in new[] { true, false })
                    {
                        new Span<byte>(form, (int)bytes).Fill(0xAA);
                        if (left)
                            Packing.PackA(source, transposed, 0, Packing.Cells(outer), 0, Packing.Cells(k), (byte*)form);
                        else
                            Packing.PackB(source, !transposed, 0, Packing.Cells(outer), 0, Packing.Cells(k), (byte*)form);
                        for (int o = 0; o < Packing.Cells(outer) * 32; o++)
                            for (int x = 0; x < Packing.Cells(k) * 32; x++)
                            {
                                ushort expected = o < outer && x < k ? halves[transposed ? x * stride + o : o * stride + x] : (ushort)0;
                                Assert.Equal(expected, form[Index(left, o, x, Packing.Cells(k))]);
                            }
                    }
                }
                NativeMemory.AlignedFree(form);
            }
    }

    [AmxFact]
    public void A_part_of_the_blocks_and_steps_is_packed_as_the_whole_is()
    {
        const int outer = 150, k = 200, steps = 7;
        var random = new Random(5);
        var values = new ushort[outer * k];
        foreach (ref ushort value in values.AsSpan())
            value = (ushort)random.Next(65536);
        byte* whole = stackalloc byte[5 * steps * 2048], part = stackalloc byte[2 * 3 * 2048];
        fixed (ushort* data = values)
        {
            foreach (bool transposed in new[] { false, true })
                foreach (bool left in new[] { true, false })
                {
                    var source = transposed ? new PackSource(data, outer, k, outer) : new PackSource(data, k, outer, k);
                    if (left)
                    {
                        Packing.PackA(source, transposed, 0, 5, 0, steps, whole);
                        Packing.PackA(source, transposed, 3, 5, 4, 7, part);
                    }
                    else
                    {
                        Packing.PackB(source, !transposed, 0, 5, 0, steps, whole);
                        Packing.PackB(source, !transposed, 3, 5, 4, 7, part);
                    }
                    for (int block = 0; block < 2; block++)
                        Assert.True(new Span<byte>(part + block * 3 * 2048, 3 * 2048).SequenceEqual(
                            new Span<byte>(whole + ((3 + block) * steps + 4) * 2048, 3 * 2048)));
                }
        }
    }

    /// <summary>Element (outer, k) in the A form, and (k, outer) in the B form.</summary>
    private static int Index(bool left, int outer, int k, int steps)
    {
        int cell = (outer / 32 * steps + k / 32) * 1024 + outer % 32 / 16 * 512;
        return left ? cell + outer % 16 * 32 + k % 32 : cell + k % 32 / 2 * 32 + outer % 16 * 2 + k % 2;
    }
}
