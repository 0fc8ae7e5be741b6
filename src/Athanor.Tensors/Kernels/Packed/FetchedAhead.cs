using System.Runtime.CompilerServices;

namespace Athanor.Tensors.Kernels;

/// <summary>Where the lines lie that are fetched while a tile of sixteen rows is worked on: streams, a line of each for every 32 columns.</summary>
/// <remarks>
/// For the reason of <see cref="PageStreams"/>. Sixteen rows are read at once, so that what comes next is whole tiles: those that follow each other are fetched as a window
/// of which each stream has its share, about two pages, a part of each stream during each tile of the window before. Streams that come to the end of a page together would
/// wait together, so that shares are a little less than what each fetches; no more than a little, or nothing would be left to fetch at the end of a window.
/// </remarks>
/// <param name="From">The line of the first stream that is fetched first.</param>
/// <param name="Apart">Bytes from stream to stream.</param>
internal readonly unsafe record struct FetchedAhead(nint From, long Apart)
{
    private const int MostTiles = 4, Line = PageStreams.Line, Staggered = 4 * Line;

    /// <summary>What is fetched during the tile of that number.</summary>
    /// <param name="data">The tile.</param>
    /// <param name="tile">Its number among <paramref name="count"/> that one member works on one after the other.</param>
    public static FetchedAhead During(byte* data, long tile, long count, long tileBytes, int columns)
    {
        int window = Window(columns);
        long part = tile % window, next = tile - part + window;
        if (next + window <= count)
            return new((nint)(data + (next - tile) * tileBytes + part * columns / 32 * Line), Share(window, tileBytes, columns));
        // The rest is less than a window: tile by tile, and at last what is there already.
        return new((nint)(next + part < count ? data + (next + part - tile) * tileBytes : data), Share(1, tileBytes, columns));
    }

    /// <summary>The first window, and the bytes of each of its streams: nobody has fetched it before.</summary>
    public static FetchedAhead First(byte* data, long count, long tileBytes, int columns) => new((nint)data, Share(Math.Min(Window(columns), count), tileBytes, columns));

    /// <summary>Streams of a tile: the lines that sixteen rows have in 32 columns, rounded up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Streams(long tileBytes, int columns) => (int)((tileBytes * 32 / columns + Line - 1) / Line);

    private static long Share(long tiles, long tileBytes, int columns)
    {
        int streams = Streams(tileBytes, columns);
        return Math.Max((tiles * tileBytes + streams * Line - 1) / (streams * Line) * Line, tiles * columns / 32 * Line - Staggered);
    }

    private static int Window(int columns)
    {
        int tiles = 1;
        while (tiles < MostTiles && tiles * columns < PageStreams.Page)
            tiles *= 2;
        return tiles;
    }
}
