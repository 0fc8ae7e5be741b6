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
/// sorted one by one. Places come from a permutation that is computed, so nothing of the corpus is held in memory but one bucket. In all three passes the place is noted from time to time, and a
/// killed run goes on from there.
/// </summary>
internal sealed class MixRun(IReadOnlyList<string> files, MixSettings settings, Tokenizer? tokenizer, long seed, int workers, long bucketBytes, TimeSpan checkpointEvery, string folder)
{
    /// <summary>The file that is made in the folder.</summary>
    public const string Mixture = "mixture.jsonl";
    private const int MostBuckets = 1024;
    private readonly MixDomains _domains = new(settings);
    private readonly CheckpointClock _clock = new(checkpointEvery);
    private MixProgress _progress = new();

    /// <summary>Documents that are of no domain.</summary>
    public long Left { get; private set; }

    /// <summary>Mixes, or goes on.</summary>
    public IReadOnlyList<MixedDomain> Run(Action<long> progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        _progress = Before();
        Left = _progress.Left;
        foreach (string name in settings.Domains.Count == 0 ? _progress.Domains : [])
            _domains.Of(name);
        using var index = new MixIndex(folder, _progress);
        long read = files.Sum(file => new FileInfo(file).Length);
        if (_progress.Pass == MixPass.Scan)
            Scan(index, progress, cancellation);
        if (index.Totals.Count == 0 || index.Totals.All(total => total.Documents == 0))
            throw new InvalidDataException(Left == 0 ? "No document came in." : $"None of {Left:N0} documents is of a domain that is named: {string.Join(", ", _domains.Names)}. Their '{settings.By}' is something else.");
        Domain[] plan = Plan(index);
        long copies = plan.Sum(domain => domain.Copies);
        if (copies == 0)
            throw new InvalidDataException($"The budget of {settings.Budget} takes no document at all.");
        Copy(index, plan, copies, bytes => progress(read + bytes), cancellation);
        double size = plan.Sum(domain => (double)domain.Mixed);
        return [.. plan.Select(domain => new MixedDomain(domain.Source.Name, domain.Source.Documents, domain.Source.Size, domain.Source.Weight,
            Math.Round((double)domain.Mixed / Math.Max(1, domain.Source.Size), 6), domain.Copies, domain.Mixed, Math.Round(domain.Mixed / size, 6)))];
    }

    /// <summary>What was noted, as far as the files still hold it.</summary>
    private MixProgress Before()
    {
        if (MixProgress.Read(folder) is not { } before || !MixIndex.Holds(folder, before))
            return new MixProgress();
        bool holds = before.Pass == MixPass.Scan
            || (new FileInfo(Path.Combine(folder, Mixture)) is var mixture && (mixture.Exists ? mixture.Length : 0) >= before.Length && BucketSort.Holds(folder, before.Buckets, before.Sorted));
        // The index alone spares the first pass.
        return holds ? before : before with { Pass = MixPass.Copy, File = 0, Offset = 0, Copied = 0, Taken = [], Buckets = [], Sorted = 0, Length = 0 };
    }

    private void Note(MixProgress progress)
    {
        _progress = progress;
        _progress.Write(folder);
    }

    private void Scan(MixIndex index, Action<long> progress, CancellationToken cancellation)
    {
        (int file, long offset) = (_progress.File, _progress.Offset);
        long done = files.Take(file).Sum(path => new FileInfo(path).Length) + offset;
        try
        {
            OrderedWork.Run(DocumentChunks.Read(files, file, offset), workers, () => new TokenBuffer(), (buffer, chunk) =>
            {
                var found = new List<(string Value, uint Size, int Length)>();
                foreach ((long at, ReadOnlyMemory<byte> line) in chunk.Lines())
                {
                    Document document = chunk.Parse(at, line);
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
                (file, offset) = (chunk.File, chunk.End);
                progress(done += chunk.Bytes.Length);
                chunk.Release();
                if (_clock.IsDue)
                    _clock.Save(() => Save(MixPass.Scan));
            }, () => false, cancellation);
        }
        catch (OperationCanceledException)
        {
            Save(MixPass.Scan);
            throw;
        }
        (file, offset) = (0, 0);
        Save(MixPass.Copy);

        void Save(MixPass pass)
        {
            index.Save();
            Note(new MixProgress { Pass = pass, File = file, Offset = offset, Records = index.Count, Left = Left, Domains = _domains.Names, Totals = index.Totals });
        }
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

    private void Copy(MixIndex index, Domain[] plan, long copies, Action<long> progress, CancellationToken cancellation)
    {
        var order = new IndexPermutation(copies, (ulong)seed);
        double bytes = plan.Select((domain, i) => index.Totals[i].Bytes * (double)domain.Copies / Math.Max(1, domain.Source.Documents)).Sum();
        // A run that goes on has the buckets that it began with, whatever the memory is now.
        int buckets = _progress.Taken.Count > 0 ? _progress.Buckets.Count : settings.Order == MixOrder.AsRead ? 0 : (int)Math.Clamp(Math.Ceiling(bytes / bucketBytes), 1, MostBuckets);
        for (int i = 0; i < _progress.Taken.Count; i++)
            plan[i].GoOn(_progress.Taken[i]);
        using var output = new FileStream(Path.Combine(folder, Mixture), FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 1 << 16);
        output.SetLength(_progress.Length);
        output.Position = _progress.Length;
        long all = files.Sum(path => new FileInfo(path).Length);
        if (_progress.Pass == MixPass.Copy)
            Distribute(index, plan, order, buckets, settings.Order == MixOrder.ShortToLong ? SizeBuckets(index, bytes, buckets, plan) : [], output, progress, cancellation);
        foreach (int bucket in BucketSort.Sort(folder, _progress.Buckets, _progress.Sorted, output))
        {
            progress(all);
            cancellation.ThrowIfCancellationRequested();
            if (!_clock.IsDue && bucket + 1 < _progress.Buckets.Count)
                continue;
            int from = _progress.Sorted;
            _clock.Save(() =>
            {
                output.Flush(flushToDisk: true);
                Note(_progress with { Sorted = bucket + 1, Length = output.Position });
            });
            for (int written = from; written <= bucket; written++)
                BucketSort.Delete(folder, written);
        }
    }

    private void Distribute(MixIndex index, Domain[] plan, IndexPermutation order, int buckets, int[] bySize, FileStream output, Action<long> progress, CancellationToken cancellation)
    {
        using var sort = new BucketSort(folder, _progress.Taken.Count > 0 ? _progress.Buckets : new long[buckets]);
        (int file, long offset, long copied) = (_progress.File, _progress.Offset, _progress.Copied);
        using IEnumerator<MixRecord> records = index.Records(copied).GetEnumerator();
        long done = files.Take(file).Sum(path => new FileInfo(path).Length) + offset;
        foreach (DocumentChunk chunk in DocumentChunks.Read(files, file, offset))
        {
            if (cancellation.IsCancellationRequested)
                Save(MixPass.Copy);
            cancellation.ThrowIfCancellationRequested();
            foreach ((_, ReadOnlyMemory<byte> line) in chunk.Lines())
            {
                if (!records.MoveNext())
                    throw new IOException($"{chunk.Path} became longer while it was read. Leave it alone until the stage is done, then run again.");
                copied++;
                Put(records.Current, line.Span);
            }
            (file, offset) = (chunk.File, chunk.End);
            progress(done += chunk.Bytes.Length);
            chunk.Release();
            if (_clock.IsDue)
                _clock.Save(() => Save(MixPass.Copy));
        }
        Save(MixPass.Sort);

        void Put(MixRecord record, ReadOnlySpan<byte> line)
        {
            if (record.Domain < 0)
                return;
            foreach (long copy in plan[record.Domain].Take(record.Size))
            {
                if (settings.Order == MixOrder.AsRead)
                {
                    output.Write(line);
                    output.WriteByte((byte)'\n');
                    continue;
                }
                ulong place = (ulong)order.PlaceOf(copy);
                if (settings.Order == MixOrder.Shuffle)
                    sort.Add((int)((UInt128)place * (uint)buckets / (ulong)order.Count), 0, place, line);
                else
                    sort.Add(bySize[SizeClass(record.Size)], record.Size, place, line);
            }
        }

        void Save(MixPass pass)
        {
            output.Flush(flushToDisk: true);
            Note(_progress with { Pass = pass, File = file, Offset = offset, Copied = copied, Taken = [.. plan.Select(domain => domain.Taken)], Buckets = sort.Save(), Length = output.Position });
        }
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

        public MixTaken Taken => new(_next, Mixed);

        public void GoOn(MixTaken before) => (_next, Mixed) = (before.Read, before.Mixed);

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
