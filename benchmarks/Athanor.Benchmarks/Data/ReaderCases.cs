using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Athanor.Data.Compression;
using Athanor.Data.Documents;
using Athanor.Data.Parquet;
using Athanor.Data.Readers;
using Athanor.Data.Warc;
using Athanor.Data.Writers;

namespace Athanor.Benchmarks.Data;

/// <summary>Readers over files in the page cache: MB/s of unpacked bytes, beside the bare decompressor.</summary>
internal static class ReaderCases
{
    public static void Run(Options options, Report report)
    {
        if (!options.Wants("readers"))
            return;
        string folder = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"athanor-readers-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        try
        {
            foreach (DocumentCorpus corpus in DocumentCorpus.Find(options))
                Run(options, report, corpus, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Run(Options options, Report report, DocumentCorpus corpus, string folder)
    {
        report.Group($"readers/{corpus.Name}", FormattableString.Invariant($"{corpus.Megabytes:F1} MB in {corpus.Documents.Count} documents; one core"));
        string lines = Path.Combine(folder, "a.jsonl"), packedLines = lines + ".gz", frames = lines + ".zst", crawl = Path.Combine(folder, "a.warc.gz"), parquet = Path.Combine(folder, "a.parquet");
        var limits = new ReadLimits();
        using (var writer = new DocumentWriter(lines))
        {
            foreach (Document document in corpus.Documents)
                writer.Write(document);
        }
        using (FileStream plain = File.OpenRead(lines))
        using (var gzip = new GZipStream(File.Create(packedLines), CompressionLevel.Optimal))
            plain.CopyTo(gzip);
        double crawlBytes = WriteCrawl(crawl, corpus);
        using (var writer = new ParquetDocumentWriter(parquet))
        {
            foreach (Document document in corpus.Documents)
                writer.Write(document);
            writer.Finish();
        }
        double lineBytes = new FileInfo(lines).Length / 1e6;
        var json = new JsonLinesFormat(new JsonKeys(), limits);
        var measure = new Measure();
        measure.Add("jsonl", lineBytes, _ => Read(lines, json));
        measure.Add("jsonl.gz: GZipStream alone", lineBytes, _ => Drain(new GZipStream(File.OpenRead(packedLines), CompressionMode.Decompress)));
        measure.Add("jsonl.gz: unpacked alone", lineBytes, _ => Drain(new GzipSequence(File.OpenRead(packedLines))));
        measure.Add("jsonl.gz", lineBytes, _ => Read(packedLines, json));
        measure.Add("warc.gz: GZipStream alone", crawlBytes / 1e6, _ => Drain(new GZipStream(File.OpenRead(crawl), CompressionMode.Decompress)));
        measure.Add("warc.gz: unpacked alone", crawlBytes / 1e6, _ => Drain(new GzipSequence(File.OpenRead(crawl))));
        measure.Add("warc.gz", crawlBytes / 1e6, _ => Read(crawl, new WarcFormat(["text/html"], anyStatus: false, limits)));
        measure.Add("parquet", corpus.Megabytes, _ => Read(parquet, new ParquetFormat(new JsonKeys(), limits)));
        List<string> names = ["jsonl", "jsonl.gz: GZipStream alone", "jsonl.gz: unpacked alone", "jsonl.gz", "warc.gz: GZipStream alone", "warc.gz: unpacked alone", "warc.gz", "parquet"];
        if (Pack(lines, frames))
        {
            measure.Add("jsonl.zst", lineBytes, _ => Read(frames, json));
            names.Add("jsonl.zst");
        }
        measure.Go(options.Quick ? 0.3 : 2);
        foreach (string name in names)
        {
            // What is unpacked by us is set beside the class library's decompressor on the same file.
            string? library = name.Contains(".gz", StringComparison.Ordinal) && !name.EndsWith("GZipStream alone", StringComparison.Ordinal) ? name.Split(':')[0] + ": GZipStream alone" : null;
            var result = new Result("", name, measure.Median(name), "MB/s") { Best = measure.Best(name) };
            report.Add(library is null ? result : result with { Peer = "GZipStream alone", PeerValue = measure.Median(library), BestRatio = measure.Best(name) / measure.Best(library) });
        }
    }

    private static void Read(string path, FileFormat format)
    {
        var reader = new FormatReader(path, format);
        var problems = new ReadProblems();
        foreach (ReadTask task in reader.Tasks(1L << 40))
        {
            foreach (ReadDocument _ in reader.Read(task, default, problems))
            {
            }
        }
        if (problems.Total > 0)
            throw new InvalidDataException(problems.First[0].ToString());
    }

    private static void Drain(Stream stream)
    {
        using (stream)
        {
            byte[] buffer = new byte[1 << 16];
            while (stream.Read(buffer) > 0)
            {
            }
        }
    }

    /// <summary>A record a member, as Common Crawl has them, of pages of about 30 kB.</summary>
    private static double WriteCrawl(string path, DocumentCorpus corpus)
    {
        double bytes = 0;
        using FileStream file = File.Create(path);
        foreach (Document[] page in corpus.Documents.Chunk(10))
        {
            string block = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body>" + string.Concat(page.Select(document => "<p>" + document.Text));
            byte[] record = Encoding.UTF8.GetBytes(FormattableString.Invariant($"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{page[0].Id}>\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: {Encoding.UTF8.GetByteCount(block)}\r\n\r\n{block}\r\n\r\n"));
            bytes += record.Length;
            using var gzip = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true);
            gzip.Write(record);
        }
        return bytes;
    }

    /// <summary>Packs by the zstd program, where there is one.</summary>
    private static bool Pack(string path, string packed)
    {
        try
        {
            using Process zstd = Process.Start("zstd", ["-q", "-f", "-o", packed, path]);
            zstd.WaitForExit();
            return zstd.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
