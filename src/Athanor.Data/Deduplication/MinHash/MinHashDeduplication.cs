using Athanor.Data.Deduplication.Sorting;
using Athanor.Data.Documents;
using Athanor.Data.Steps;
using Athanor.Runs.Stages;

namespace Athanor.Data.Deduplication.MinHash;

/// <summary>
/// Near-duplicates beyond memory. Pass over the documents: signatures, a record a band to the sort, shingle sets to disk. Equal bands make candidate pairs, sorted in turn; clusters
/// form over them. Second pass: what goes is written with what stays instead, and what stays learns how many it stands for.
/// </summary>
internal sealed class MinHashDeduplication(StageContext context, string step, MinHashOptions options)
{
    private const double SignedBytesPerSecond = 6e7, RecordsPerSecond = 2e7;
    private readonly MinHashPlan _plan = options.Plan;

    public void Run(CancellationToken cancellation)
    {
        using var parts = new DedupStageParts(context);
        var indexes = new List<MinHashIndex>();
        try
        {
            foreach (string path in options.Earlier)
                indexes.Add(MinHashIndex.Open(path, _plan));
            Run(parts, indexes, cancellation);
        }
        finally
        {
            foreach (MinHashIndex index in indexes)
                index.Dispose();
        }
    }

    private void Run(DedupStageParts parts, List<MinHashIndex> indexes, CancellationToken cancellation)
    {
        long memory = Announce(parts, indexes);
        // While one sort is read the next one grows: bands five eighths, pairs two, links one.
        using var bands = new ExternalSorter<HashPlace>(parts.Folder, "bands", memory / 8 * 5);
        using var scores = new ExternalSorter<PlaceLink>(parts.Folder, "scores", Math.Max(ExternalSorter<PlaceLink>.LeastMemory, memory / 8));
        long earlier = indexes.Sum(index => index.Table.Count), before = 0;
        foreach (MinHashIndex index in indexes)
        {
            ulong offset = (ulong)before;
            bands.AddRun(index.Bands, 0, record => record with { Place = record.Place + offset });
            before += index.Table.Count;
        }
        string table = Path.Combine(parts.Folder, "documents"), sets = Path.Combine(parts.Folder, "shingles");
        long unsigned = Sign(parts, bands, scores, table, sets, earlier, cancellation);

        using DocumentTable rows = DocumentTable.Open(table);
        using ShingleStore shingles = ShingleStore.Open(sets);
        using DocumentRanks ranks = options.Keep == KeepPolicy.First ? DocumentRanks.ByNumber : DocumentRanks.Of(scores, parts.Folder, Math.Max(ExternalSorter<PlaceLink>.LeastMemory, memory / 8));
        var known = new KnownDocuments(indexes, rows, shingles, ranks);
        using var pairs = new ExternalSorter<PlaceLink>(parts.Folder, "pairs", memory / 4);
        var candidates = new CandidatePairs(pairs, known.RankOf, earlier, options.Partners);
        string copy = Path.Combine(parts.Folder, "bands.sorted");
        using (SortedReader<HashPlace> sorted = bands.Sorted())
        using (RecordWriter<HashPlace>? writer = options.WriteIndex ? new RecordWriter<HashPlace>(copy) : null)
            candidates.Run(sorted, writer, cancellation);

        using var clusters = new MinHashClusters(options.Clusters, known.Count, earlier, options.LargestCluster);
        using var links = new ExternalSorter<PlaceLink>(parts.Folder, "links", memory / 8);
        using (SortedReader<PlaceLink> sorted = pairs.Sorted())
            clusters.Run(sorted, Similarity(known), options.Verify ? options.Threshold : 0, links, cancellation);
        Write(parts, known, clusters, links, memory, cancellation);
        if (options.WriteIndex)
            WriteIndex(known, clusters, copy, cancellation);
        context.Note("signatures", _plan.ToString());
        context.Note("too_short_for_a_signature", unsigned);
        context.Note("records", bands.Count);
        context.Note("candidate_pairs", candidates.Count);
        context.Note("largest_band_group", candidates.LargestGroup);
        context.Note("verified_pairs", clusters.Verified);
        context.Note("similar_pairs", clusters.Similar);
        context.Note("refused_joins", clusters.Refused);
        context.Note("disk_bytes", bands.SpilledBytes + pairs.SpilledBytes + links.SpilledBytes);
        context.Note("peak_memory_bytes", bands.PeakBytes + pairs.PeakBytes + links.PeakBytes + known.Count * MinHashClusters.BytesPerDocument(options.Clusters));
    }

    /// <summary>Says what it will take; returns the memory that is left for sorting.</summary>
    private long Announce(DedupStageParts parts, List<MinHashIndex> indexes)
    {
        long known = parts.Size.Documents + indexes.Sum(index => index.Table.Count), records = parts.Size.Documents * _plan.Bands.Bands;
        long byDocument = known * MinHashClusters.BytesPerDocument(options.Clusters), least = 8 * ExternalSorter<HashPlace>.LeastMemory;
        new DedupForecast(parts.Size, records, records * 32 + parts.Size.Bytes * 3 / 4 + parts.Size.Documents * 64, options.Memory,
            parts.Size.Bytes / SignedBytesPerSecond + parts.Size.Bytes / 1e8 + records / RecordsPerSecond).Announce(context, parts.Workers);
        if (options.Memory - byDocument < least)
            throw new InvalidOperationException($"'{context.Name}' holds {DedupForecast.Text(byDocument)} for {known:N0} documents and needs {DedupForecast.Text(least)} more for sorting; memory allows {DedupForecast.Text(options.Memory)}. Raise memory.");
        return options.Memory - byDocument;
    }

    private readonly record struct Signed(ulong[]? Bands, uint[] Set);

    private sealed class Signer(MinHashPlan plan)
    {
        private readonly MinHasher _hasher = new(plan);

        public Signed Sign(Document document)
        {
            if (!_hasher.Sign(document.Text))
                return new Signed(null, []);
            var bands = new ulong[plan.Bands.Bands];
            _hasher.Bands(bands);
            return new Signed(bands, _hasher.Set().ToArray());
        }
    }

    private long Sign(DedupStageParts parts, ExternalSorter<HashPlace> bands, ExternalSorter<PlaceLink> scores, string table, string sets, long earlier, CancellationToken cancellation)
    {
        long unsigned = 0;
        using var documents = new DocumentTable.Writer(table);
        using var shingles = new ShingleStore.Writer(sets);
        DocumentPass.Run(parts.Files, parts.Workers, () => new Signer(_plan), static (signer, document) => signer.Sign(document), (document, signed) =>
        {
            documents.Add(document.Document.Id);
            shingles.Add(signed.Set);
            if (options.Keep != KeepPolicy.First)
                scores.Add(new PlaceLink(KeepScores.Rank(KeepScores.Of(options.Keep, options.ScoreField, document.Document)), (ulong)document.Number));
            if (signed.Bands is null)
                unsigned++;
            else
            {
                foreach (ulong band in signed.Bands)
                    bands.Add(new HashPlace(band, (ulong)(earlier + document.Number)));
            }
        }, parts.Pass(0, 2), cancellation);
        return unsigned;
    }

    /// <summary>The Jaccard similarity of the shingle sets of two documents by their ranks.</summary>
    private static Func<long, long, double> Similarity(KnownDocuments known) =>
        (a, b) => MinHasher.Jaccard(known.Shingles(known.NumberOf(a)), known.Shingles(known.NumberOf(b)));

    private void Write(DedupStageParts parts, KnownDocuments known, MinHashClusters clusters, ExternalSorter<PlaceLink> links, long memory, CancellationToken cancellation)
    {
        // Links come in the order of ranks; documents come in that of numbers.
        using var byNumber = new ExternalSorter<PlaceLink>(parts.Folder, "removals", memory / 8);
        using (SortedReader<PlaceLink> sorted = links.Sorted())
        {
            while (sorted.Next(out PlaceLink link))
                byNumber.Add(link with { Place = (ulong)(known.NumberOf((long)link.Place) - known.Earlier) });
        }
        var report = new ClusterReport(clusters, known.Count);
        using var output = new DedupOutput(context, step);
        using SortedReader<PlaceLink> removals = byNumber.Sorted();
        bool more = removals.Next(out PlaceLink next);
        DocumentPass.Run(parts.Files, parts.Workers, static () => 0, static (_, _) => 0, (document, _) =>
        {
            if (more && (long)next.Place == document.Number)
            {
                string kept = known.Id(known.NumberOf((long)next.Other));
                output.Remove(in document, new Removal("near_duplicate", next.Value, options.Verify ? options.Threshold : options.Plan.Bands.Threshold,
                    Note: (long)next.Other < known.Earlier ? "of an earlier corpus" : null), kept);
                report.Add((long)next.Other, document.Document, next.Value);
                more = removals.Next(out next);
                return;
            }
            long rank = known.RankOf(known.Earlier + document.Number), size = clusters.Size(rank);
            if (size > 1)
                report.Add(rank, document.Document, 1);
            output.Keep(size > 1 ? WithSize(document.Document, size) : document.Document);
        }, parts.Pass(1, 2), cancellation);
        output.Complete();
        report.Write(context.Output, context, rank => known.Id(known.NumberOf(rank)));
    }

    private static Document WithSize(Document document, long size)
    {
        var metadata = new Dictionary<string, string>(document.Metadata, StringComparer.Ordinal)
        {
            [Rehydration.SizeField] = FormattableString.Invariant($"{size}"),
            [Rehydration.RepeatField] = FormattableString.Invariant($"{Rehydration.Repeat(size)}"),
        };
        return document with { Metadata = metadata };
    }

    private void WriteIndex(KnownDocuments known, MinHashClusters clusters, string bands, CancellationToken cancellation)
    {
        string folder = Path.Combine(context.Output, MinHashIndex.FolderName), numbers = bands + ".numbers";
        Directory.CreateDirectory(folder);
        long kept = 0;
        using (var table = new DocumentTable.Writer(Path.Combine(folder, MinHashIndex.TableName)))
        using (var shingles = new ShingleStore.Writer(Path.Combine(folder, MinHashIndex.ShinglesName)))
        using (var renumbered = new RecordWriter<long>(numbers))
        {
            for (long number = known.Earlier; number < known.Count; number++)
            {
                if ((number & 0xFFF) == 0)
                    cancellation.ThrowIfCancellationRequested();
                bool stays = clusters.Size(known.RankOf(number)) > 0;
                renumbered.Write(stays ? kept : -1);
                if (!stays)
                    continue;
                table.Add(known.Id(number));
                shingles.Add(known.Shingles(number));
                kept++;
            }
        }
        using (var map = new MappedFile(numbers))
        using (var source = new MappedFile(bands))
        using (var writer = new RecordWriter<HashPlace>(Path.Combine(folder, MinHashIndex.BandsName)))
        {
            for (long at = 0; at < source.Length; at += 16)
            {
                HashPlace record = source.Read<HashPlace>(at);
                long number = map.Read<long>(((long)record.Place - known.Earlier) * sizeof(long));
                if (number >= 0)
                    writer.Write(record with { Place = (ulong)number });
            }
        }
        MinHashIndex.WriteHeader(folder, _plan, kept);
        context.Note("index_documents", kept);
    }
}
