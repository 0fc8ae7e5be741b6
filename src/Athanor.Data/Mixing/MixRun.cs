using Athanor.Data.Documents;
using Athanor.Data.Execution;
using Athanor.Data.Sampling;
using Athanor.Tokenizers;

namespace Athanor.Data.Mixing;

/// <summary>What a mixture took of a domain.</summary>
/// <param name="Name">The domain.</param>
/// <param name="Documents">Documents it has.</param>
/// <param name="Size">Their size.</param>
/// <param name="Weight">Its weight.</param>
/// <param name="Repeat">How often it is read.</param>
/// <param name="MixedDocuments">Documents in the mixture, copies counted.</param>
/// <param name="MixedSize">Their size.</param>
/// <param name="Share">Their share of the mixture.</param>
internal sealed record MixedDomain(string Name, long Documents, long Size, double Weight, double Repeat, long MixedDocuments, long MixedSize, double Share);

/// <summary>
/// Mixes documents in two passes over the files: the first notes each one's domain and size on disk, the second copies lines into buckets by their place in the mixture, which are then
/// sorted one by one. Places come from a permutation that is computed, so nothing of the corpus is held in memory but one bucket.
/// </summary>
internal sealed class MixRun(IReadOnlyList<string> files, MixSettings settings, Tokenizer? tokenizer, long seed, int workers, long bucketBytes)
{
    private const int MostBuckets = 1024;
    private readonly MixDomains _domains = new(settings);

    /// <summary>Documents that are of no domain.</summary>
    public long Left { get; private set; }

    /// <summary>Mixes into a file; other files that it needs on the way lie in a folder.</summary>
    public IReadOnlyList<MixedDomain> Run(string target, string folder, Action<long> progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        using var index = new MixIndex(folder);
        long read = Scan(index, progress, cancellation);
        if (index.Totals.Count == 0 || index.Totals.All(total => total.Documents == 0))
            throw new InvalidDataException(Left == 0 ? "No document came in." : $"None of {Left:N0} documents is of a domain that is named: {string.Join(", ", _domains.Names)}. Their '{settings.By}' is something else.");
        Domain[] plan = Plan(index);
        long copies = plan.Sum(domain => domain.Copies);
        if (copies == 0)
            throw new InvalidDataException($"The budget of {settings.Budget} takes no document at all.");
        Copy(index, plan, copies, target, folder, bytes => progress(read + bytes), cancellation);
        double size = plan.Sum(domain => (double)domain.Mixed);
        return [.. plan.Select(domain => new MixedDomain(domain.Source.Name, domain.Source.Documents, domain.Source.Size, domain.Source.Weight,
            Math.Round((double)domain.Mixed / Math.Max(1, domain.Source.Size), 6), domain.Copies, domain.Mixed, Math.Round(domain.Mixed / size, 6)))];
    }

    private long Scan(MixIndex index, Action<long> progress, CancellationToken cancellation)
    {
        long done = 0;
        OrderedWork.Run(DocumentChunks.Read(files), workers, () => new TokenBuffer(), (buffer, chunk) =>
        {
            var found = new List<(string Value, uint Size, int Length)>();
            foreach ((long offset, ReadOnlyMemory<byte> line) in chunk.Lines())
            {
                Document document = chunk.Parse(offset, line);
                found.Add((_domains.ValueOf(document), Size(document, buffer), line.Length + 1));
            }
            return found;
        }, (chunk, found) =>
        {
            foreach ((string value, uint size, int length) in found)
            {
                int domain = _domains.Of(value);
                Left += domain < 0 ? 1 : 0;
                index.Add(new MixRecord(length, domain, size));
            }
            progress(done += chunk.Bytes.Length);
            chunk.Release();
        }, () => false, cancellation);
        return done;
    }

    private uint Size(Document document, TokenBuffer buffer)
    {
        if (tokenizer is null)
            return (uint)document.Text.Length;
        buffer.Clear();
        tokenizer.Encode(document.Text, buffer);
        return (uint)buffer.Count;
    }

    private Domain[] Plan(MixIndex index)
    {
        MixSource[] sources = [.. index.Totals.Select((total, number) =>
        {
            MixDomain? domain = settings.Domains.GetValueOrDefault(_domains.Names[number]);
            return new MixSource(_domains.Names[number], total.Documents, total.Size, domain?.Weight ?? total.Size, domain?.MaxRepeat ?? settings.MaxRepeat);
        })];
        double[] targets = MixPlan.Targets(sources, settings.Budget ?? sources.Sum(source => (double)source.Size), settings.Temperature);
        var plan = new Domain[sources.Length];
        long first = 0;
        for (int i = 0; i < plan.Length; i++)
        {
            long times = sources[i].Size == 0 ? 0 : (long)Math.Floor(targets[i] / sources[i].Size * (1 + 1e-12));
            var order = new IndexPermutation(sources[i].Documents, (ulong)seed * 0x9E3779B97F4A7C15 + (ulong)i + 1);
            long part = index.Fill(i, order, Math.Max(0, targets[i] - (double)times * sources[i].Size));
            plan[i] = new Domain(sources[i], times, order, part, first);
            first += plan[i].Copies;
        }
        return plan;
    }

    private void Copy(MixIndex index, Domain[] plan, long copies, string target, string folder, Action<long> progress, CancellationToken cancellation)
    {
        var order = new IndexPermutation(copies, (ulong)seed);
        double bytes = plan.Select((domain, i) => index.Totals[i].Bytes * (double)domain.Copies / Math.Max(1, domain.Source.Documents)).Sum();
        int buckets = settings.Order == MixOrder.AsRead ? 0 : (int)Math.Clamp(Math.Ceiling(bytes / bucketBytes), 1, MostBuckets);
        int[] bySize = settings.Order == MixOrder.ShortToLong ? SizeBuckets(index, bytes, buckets, plan) : [];
        using var output = new FileStream(target, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        using var sort = new BucketSort(folder, buckets);
        using IEnumerator<MixRecord> records = index.Records().GetEnumerator();
        long done = 0;
        foreach (DocumentChunk chunk in DocumentChunks.Read(files))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach ((_, ReadOnlyMemory<byte> line) in chunk.Lines())
            {
                if (!records.MoveNext())
                    throw new IOException($"{chunk.Path} became longer while it was read. Leave it alone until the stage is done, then run again.");
                MixRecord record = records.Current;
                if (record.Domain < 0)
                    continue;
                foreach (long copy in plan[record.Domain].Take(record.Size))
                {
                    if (settings.Order == MixOrder.AsRead)
                    {
                        output.Write(line.Span);
                        output.WriteByte((byte)'\n');
                        continue;
                    }
                    ulong place = (ulong)order.PlaceOf(copy);
                    if (settings.Order == MixOrder.Shuffle)
                        sort.Add((int)((UInt128)place * (uint)buckets / (ulong)copies), 0, place, line.Span);
                    else
                        sort.Add(bySize[SizeClass(record.Size)], record.Size, place, line.Span);
                }
            }
            progress(done += chunk.Bytes.Length);
            chunk.Release();
        }
        sort.Write(output, cancellation);
    }

    /// <summary>Which bucket a class of sizes goes to, so that buckets are about equally full.</summary>
    private static int[] SizeBuckets(MixIndex index, double bytes, int buckets, Domain[] plan)
    {
        double[] weight = new double[SizeClass(uint.MaxValue) + 1];
        foreach (MixRecord record in index.Records().Where(record => record.Domain >= 0))
            weight[SizeClass(record.Size)] += record.Length * (double)plan[record.Domain].Copies / plan[record.Domain].Source.Documents;
        int[] bucket = new int[weight.Length];
        double before = 0;
        for (int i = 0; i < weight.Length; i++)
        {
            bucket[i] = Math.Min(buckets - 1, (int)(before / Math.Max(1, bytes) * buckets));
            before += weight[i];
        }
        return bucket;
    }

    /// <summary>The upper bits of a float: classes keep the order of sizes and are less than 1 % wide.</summary>
    private static int SizeClass(uint size) => size == 0 ? 0 : (int)((BitConverter.SingleToUInt32Bits(size) >> 16) - (BitConverter.SingleToUInt32Bits(1f) >> 16)) + 1;

    private sealed class Domain(MixSource source, long times, IndexPermutation order, long part, long first)
    {
        private long _next;

        public MixSource Source { get; } = source;

        /// <summary>Documents it gives: all of them so many times, and a part of them once more.</summary>
        public long Copies => times * Source.Documents + part;

        public long Mixed { get; private set; }

        /// <summary>The numbers, among all copies, of the next document's copies.</summary>
        public IEnumerable<long> Take(uint size)
        {
            long number = _next++;
            for (long time = 0; time < times; time++)
            {
                Mixed += size;
                yield return first + time * Source.Documents + number;
            }
            if (part > 0 && order.PlaceOf(number) is var place && place < part)
            {
                Mixed += size;
                yield return first + times * Source.Documents + place;
            }
        }
    }
}
