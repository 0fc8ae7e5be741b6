namespace Athanor.Tensors.Kernels;

/// <summary>Where the lines lie that are fetched while a tile of sixteen rows is worked on: streams, a line of each for every 32 columns.</summary>
/// <remarks>
/// For the reason of <see cref="PageStreams"/>. Sixteen rows are read at once, so that what comes next is whole tiles: those that follow each other are fetched as a window
/// whose streams are two pages apart, a part of each stream during each tile of the window before.
/// </remarks>
/// <param name="From">The line of the first stream that is fetched first.</param>
/// <param name="Apart">Bytes from stream to stream.</param>
internal readonly unsafe record struct FetchedAhead(nint From, long Apart)
{
    private const int MostTiles = 4;

    /// <summary>What is fetched during the tile of that number.</summary>
    /// <param name="data">The tile.</param>
    /// <param name="tile">Its number among <paramref name="count"/> that one member works on one after the other.</param>
    public static FetchedAhead During(byte* data, long tile, long count, long tileBytes, int columns)
    {
        int window = Window(columns);
        long part = tile % window, next = tile - part + window, stream = 2L * columns;
        if (next + window <= count)
            return new((nint)(data + (next - tile) * tileBytes + part * stream), stream * window);
        // The rest is less than a window: tile by tile, and at last what is there already.
        return new((nint)(next + part < count ? data + (next + part - tile) * tileBytes : data), stream);
    }

    /// <summary>The first window, and the bytes of each of its streams: nobody has fetched it before.</summary>
    public static FetchedAhead First(byte* data, long count, int columns) => new((nint)data, 2L * columns * Math.Min(Window(columns), count));

    private static int Window(int columns)
    {
        int tiles = 1;
        while (tiles < MostTiles && tiles * columns < PageStreams.Page)
            tiles *= 2;
        return tiles;
    }
}
