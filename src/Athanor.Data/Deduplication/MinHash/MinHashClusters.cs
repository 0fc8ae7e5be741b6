using Athanor.Data.Deduplication.Sorting;

namespace Athanor.Data.Deduplication.MinHash;

/// <summary>How candidates become clusters.</summary>
public enum ClusterMode
{
    /// <summary>A document goes only where it is itself similar enough to one that stays: no chain joins unlike ones.</summary>
    Leader,

    /// <summary>Whatever is connected by candidates is one cluster, of which the best stays: what datatrove and SlimPajama do.</summary>
    Connected,
}

/// <summary>
/// Decides which documents stay, over pairs sorted by the rank of the worse one. Holds four bytes a document: for one that stays the size of its cluster, for others a mark;
/// connected clusters need four more.
/// </summary>
internal sealed unsafe class MinHashClusters : IDisposable
{
    private const uint Gone = uint.MaxValue;
    private readonly NativeArray<uint> _sizes;
    private readonly NativeArray<uint>? _parents;
    private readonly long _documents, _earlier;
    private readonly uint _largest;

    /// <param name="mode">How clusters form.</param>
    /// <param name="documents">Documents, those of earlier corpora with the lowest ranks.</param>
    /// <param name="earlier">How many of them stay whatever they are like.</param>
    /// <param name="largest">The most documents of a cluster.</param>
    public MinHashClusters(ClusterMode mode, long documents, long earlier, long largest)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(documents, Gone);
        (_documents, _earlier, _largest) = (documents, earlier, (uint)Math.Min(largest, Gone - 1));
        _sizes = new NativeArray<uint>(documents);
        for (long i = 0; i < documents; i++)
            _sizes.Pointer[i] = 1;
        if (mode == ClusterMode.Leader)
            return;
        _parents = new NativeArray<uint>(documents);
        for (long i = 0; i < documents; i++)
            _parents.Pointer[i] = (uint)i;
    }

    /// <summary>Bytes that a mode holds for each document.</summary>
    public static int BytesPerDocument(ClusterMode mode) => mode == ClusterMode.Leader ? 4 : 8;

    /// <summary>Pairs that were looked at closely, and those that were similar enough.</summary>
    public long Verified { get; private set; }

    public long Similar { get; private set; }

    /// <summary>Joins that would have made a cluster too large.</summary>
    public long Refused { get; private set; }

    /// <summary>Documents of the cluster of one that stays; 0 for one that goes.</summary>
    public uint Size(long rank) => _sizes.Pointer[rank] == Gone ? 0 : _sizes.Pointer[rank];

    /// <summary>Goes over the pairs.</summary>
    /// <param name="pairs">Sorted: worse rank, better rank.</param>
    /// <param name="similarity">Of a pair by its ranks.</param>
    /// <param name="threshold">Pairs below it are none.</param>
    /// <param name="links">Takes for each document that goes: its rank, the rank of the one that stays, the similarity of the two.</param>
    /// <param name="cancellation">Stops between pairs.</param>
    public void Run(SortedReader<PlaceLink> pairs, Func<long, long, double> similarity, double threshold, ExternalSorter<PlaceLink> links, CancellationToken cancellation)
    {
        long seen = 0;
        bool more = pairs.Next(out PlaceLink pair);
        while (more)
        {
            PlaceLink current = pair;
            while ((more = pairs.Next(out pair)) && pair.Place == current.Place && pair.Other == current.Other)
            {
                // The same pair from another band.
            }
            if ((++seen & 0xFFFF) == 0)
                cancellation.ThrowIfCancellationRequested();
            (long worse, long better) = ((long)current.Place, (long)current.Other);
            if (_parents is not null)
                Join(worse, better, similarity, threshold);
            else if (_sizes.Pointer[worse] != Gone && _sizes.Pointer[better] != Gone)
                Follow(worse, better, similarity, threshold, links);
        }
        if (_parents is not null)
            LinkToRoots(similarity, links, cancellation);
    }

    public void Dispose()
    {
        _sizes.Dispose();
        _parents?.Dispose();
    }

    private void Follow(long worse, long better, Func<long, long, double> similarity, double threshold, ExternalSorter<PlaceLink> links)
    {
        if (_sizes.Pointer[better] >= _largest)
        {
            Refused++;
            return;
        }
        Verified++;
        double value = similarity(worse, better);
        if (value < threshold)
            return;
        Similar++;
        // Pairs come in the order of the worse one, so none has followed it yet.
        _sizes.Pointer[worse] = Gone;
        _sizes.Pointer[better]++;
        links.Add(new PlaceLink((ulong)worse, (ulong)better, value));
    }

    private void Join(long worse, long better, Func<long, long, double> similarity, double threshold)
    {
        uint a = Root((uint)worse), b = Root((uint)better);
        if (a == b || (a < _earlier && b < _earlier))
            return;
        if ((ulong)_sizes.Pointer[a] + _sizes.Pointer[b] > _largest)
        {
            Refused++;
            return;
        }
        if (threshold > 0)
        {
            Verified++;
            if (similarity(worse, better) < threshold)
                return;
        }
        Similar++;
        (uint root, uint child) = a < b ? (a, b) : (b, a);
        _parents!.Pointer[child] = root;
        _sizes.Pointer[root] += _sizes.Pointer[child];
        _sizes.Pointer[child] = Gone;
    }

    private uint Root(uint document)
    {
        uint* parents = _parents!.Pointer;
        while (parents[document] != document)
            document = parents[document] = parents[parents[document]];
        return document;
    }

    private void LinkToRoots(Func<long, long, double> similarity, ExternalSorter<PlaceLink> links, CancellationToken cancellation)
    {
        for (long document = _earlier; document < _documents; document++)
        {
            if ((document & 0xFFFF) == 0)
                cancellation.ThrowIfCancellationRequested();
            uint root = Root((uint)document);
            if (root != document)
                links.Add(new PlaceLink((ulong)document, root, similarity(document, root)));
        }
    }
}
