using Athanor.Tensors.Kernels;

namespace Athanor.Tensors.Tests.Packed;

public sealed unsafe class FetchedAheadTests
{
    private const int Line = 64;

    [Theory]
    // Bytes of sixteen rows for 32 columns: Q8_0, Q4_0, Q6_K.
    [InlineData(544, 2048, 17)]
    [InlineData(544, 5632, 6)]
    [InlineData(288, 768, 23)]
    [InlineData(288, 2048, 2)]
    [InlineData(288, 32, 3)]
    [InlineData(420, 256, 1)]
    [InlineData(420, 4096, 40)]
    public void Every_line_is_fetched_once_before_its_tile_and_little_else(int unitBytes, int columns, int count)
    {
        int units = columns / 32, streams = (unitBytes + Line - 1) / Line;
        long tileBytes = (long)unitBytes * units;
        Assert.Equal(streams, FetchedAhead.Streams(tileBytes, columns));
        // Lines of an imagined matrix that begins at one: when each was first fetched.
        byte* data = (byte*)(1 << 20);
        var fetched = new Dictionary<long, int>();
        int beyond = 0, again = 0;
        void Fetch(nint from, long apart, int lines, int tile)
        {
            for (int line = 0; line < lines; line++)
            {
                for (int stream = 0; stream < streams; stream++)
                {
                    long at = (from + stream * apart - (nint)data) / Line + line;
                    if (at * Line >= count * tileBytes)
                        beyond++;
                    else if (!fetched.TryAdd(at, tile))
                        again++;
                }
            }
        }

        FetchedAhead first = FetchedAhead.First(data, count, tileBytes, columns);
        Fetch(first.From, first.Apart, (int)(first.Apart / Line), -1);
        for (int tile = 0; tile < count; tile++)
        {
            byte* here = data + tile * tileBytes;
            FetchedAhead ahead = FetchedAhead.During(here, tile, count, tileBytes, columns);
            if (ahead.From != (nint)here)
                Fetch(ahead.From, ahead.Apart, units, tile);
            for (long at = tile * tileBytes / Line; at * Line < (tile + 1) * tileBytes; at++)
                Assert.True(fetched.TryGetValue(at, out int when) && when < tile, $"Line {at} is not there when tile {tile} begins.");
        }
        // Streams are whole lines: the last one of a window reaches a little beyond it.
        Assert.InRange(again + beyond, 0, count * units * (streams - unitBytes / (double)Line) + streams * units + streams);
    }

    [Fact]
    public void Streams_of_a_window_lie_in_pages_of_their_own_and_end_at_different_times()
    {
        foreach (int columns in (int[])[1024, 2048, 2560, 4096, 5632, 14336])
        {
            long apart = FetchedAhead.During((byte*)(1 << 20), 0, 64, 288L * columns / 32, columns).Apart;
            Assert.True(apart >= 8192 - 4 * Line && apart % 4096 != 0, $"{columns} columns: {apart}");
        }
    }
}
