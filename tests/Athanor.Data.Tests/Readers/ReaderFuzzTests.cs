using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.DotnetDocs;
using Athanor.Data.Parquet;
using Athanor.Data.Readers;
using Athanor.Data.SourceCode;
using Athanor.Data.Tests.Compression;
using Athanor.Data.Tests.Testing;
using Athanor.Data.Tests.Warc;
using Athanor.Data.Warc;
using Athanor.Data.Wiki;
using Athanor.Data.Writers;
using Xunit.Abstractions;

namespace Athanor.Data.Tests.Readers;

/// <summary>Changed files: whatever their bytes, reading ends, holds little and reports instead of throwing.</summary>
public sealed class ReaderFuzzTests(ITestOutputHelper output) : IDisposable
{
    private const int Inputs = 100_000, FilesAtOnce = 50;
    private static readonly ReadLimits Limits = new(1 << 16);
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Kinds => ["warc", "warc.gz", "jsonl", "jsonl.gz", "jsonl.zst", "xml.bz2", "parquet", "csv", "xml", "chat.json", "html", "cs", "docs.xml"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_thousand_changed_files_end(string kind) => Fuzz(kind, 1000);

    [Theory]
    [Trait("Category", "Long")]
    [MemberData(nameof(Kinds))]
    public void A_hundred_thousand_changed_files_end(string kind) => Fuzz(kind, Inputs);

    private void Fuzz(string kind, int inputs)
    {
        byte[] seed = Seed(kind);
        string path = _folder["a." + kind], folder = Directory.CreateDirectory(_folder["many"]).FullName;
        File.WriteAllBytes(path, seed);
        (long documents, long problems) = Read(kind, path, 1 << 20);
        Assert.True(documents > 0 && problems == 0, $"{kind}: {documents} documents, {problems} problems");
        (documents, problems) = (0, 0);
        var random = new Random(11);
        for (int i = 0; i < inputs; i += FilesAtOnce)
        {
            int count = Math.Min(FilesAtOnce, inputs - i);
            for (int file = 0; file < count; file++)
                File.WriteAllBytes(Path.Combine(folder, $"{file}.{kind}"), Change(seed, random));
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                (long Documents, long Problems) read = Read(kind, folder, i / FilesAtOnce % 4 == 0 ? 200 : 1 << 20);
                (documents, problems) = (documents + read.Documents, problems + read.Problems);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"One of the inputs {i} to {i + count - 1} is not read: {e.Message}", e);
            }
            // A block of bzip2 takes 3.6 MB.
            Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / count, 0, 4 << 20);
        }
        output.WriteLine($"{kind}: {inputs} inputs, {documents} documents, {problems} problems");
        Assert.True(problems > inputs / 100, $"{kind}: {problems} problems");
        Assert.True(documents > inputs / 100, $"{kind}: {documents} documents");
    }

    private static (long Documents, long Problems) Read(string kind, string path, long taskBytes)
    {
        long documents = 0, problems = 0;
        if (kind == "docs.xml")
        {
            var documentation = new DocumentationReader();
            foreach (string file in DocumentationFiles.In(path))
            {
                foreach (Document document in documentation.Read(file, _ => problems++))
                {
                    documents++;
                    Assert.InRange(document.Text.Length, 1, 1 << 16);
                    Assert.InRange(document.Origin!.Offset, 0, new FileInfo(file).Length);
                }
            }
            return (documents, problems);
        }
        var reader = new FormatReader(path, Format(kind));
        var noted = new ReadProblems();
        foreach (ReadTask task in reader.Tasks(taskBytes))
        {
            foreach (ReadDocument read in reader.Read(task, default, noted))
            {
                documents++;
                Assert.True(read.Document.Text.Length <= 1 << 20);
            }
        }
        return (documents, noted.Total);
    }

    private static FileFormat Format(string kind) => kind switch
    {
        "warc" or "warc.gz" => new WarcFormat(["text/html"], true, Limits),
        "jsonl" or "jsonl.gz" or "jsonl.zst" => new JsonLinesFormat(new JsonKeys(), Limits),
        "parquet" => new ParquetFormat(new JsonKeys(), Limits),
        "csv" => new CsvFormat(new CsvColumns("text", "id", ""), 0, true, true, Limits),
        "xml" or "xml.bz2" => new WikiXmlFormat(true, [0], Limits),
        "chat.json" => new ChatFormat(Limits),
        "html" => new HtmlFolderFormat("", Limits),
        _ => new SourceCodeFormat([], true, true, Limits),
    };

    private byte[] Seed(string kind)
    {
        string json = string.Concat(Enumerable.Range(0, 6).Select(i => $"{{\"id\":\"{i}\",\"text\":\"Text \\u00e4 {i}\\n\",\"n\":[1,{{}}]}}\n"));
        string wiki = string.Concat(Enumerable.Range(0, 3).Select(i => $"<page><title>T{i}</title><ns>0</ns><id>{i}</id><revision><text>{{{{a|b}}}} ''x'' [[c|d]] &lt;ref&gt;r&lt;/ref&gt; {i}</text></revision></page>\n"));
        switch (kind)
        {
            case "warc":
                return [.. WarcText.Page("a", "<p>one"), .. WarcText.Page("b", "4\r\nWiki\r\n0\r\n\r\n", "Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n"), .. WarcText.Page("c", "<p>three")];
            case "warc.gz":
                return [.. WarcText.Gzip(WarcText.Page("a", "<p>one")), .. WarcText.Gzip(WarcText.Page("b", "<p>two")), .. WarcText.Gzip(WarcText.Page("c", "<p>three"))];
            case "jsonl":
                return Encoding.UTF8.GetBytes(json);
            case "jsonl.gz":
                return WarcText.Gzip(Encoding.UTF8.GetBytes(json));
            case "jsonl.zst":
                return LibZstd.IsThere ? LibZstd.Pack(Encoding.UTF8.GetBytes(json), 3) : Convert.FromHexString("28b52ffd00586900007b2274657874223a2261227d0a");
            case "xml":
                return Encoding.UTF8.GetBytes(wiki);
            case "xml.bz2":
                return Convert.FromBase64String(PackedPage);
            case "csv":
                return "id,text\r\n1,\"a \"\"b\"\"\r\nc\"\r\n2,d\r\n3,\"e\"\r\n"u8.ToArray();
            case "chat.json":
                return "[{\"id\":\"c\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":\"assistant\",\"content\":\"Yes\"}]},{\"conversations\":[{\"from\":\"human\",\"value\":\"x\"}]}]"u8.ToArray();
            case "html":
                return "<html><head><meta charset=euc-kr><title>x</title><body><p>Text"u8.ToArray();
            case "docs.xml":
                return Encoding.UTF8.GetBytes("""
                    <?xml version="1.0" encoding="utf-8"?><doc><assembly><name>A</name></assembly><members>
                    <member name="T:A.Map`1"><summary>S. <see cref="T:A.Map`1"/> <sup>2</sup></summary><typeparam name="TKey">K &amp; \u00e4.</typeparam></member>
                    <member name="M:A.Map`1.Add``1(`0,``0[0:,0:],A.B{A.C,A.D}@)~A.E"><param name="key">P <c>x</c>.</param><returns><para>One.</para><para>Two.</para></returns>
                    <remarks>Use:<code>
                      a();
                    </code><list type="bullet"><item><term>-1</term><description><para>Less.</para></description></item></list></remarks><exception cref="M:A.B.#ctor(A.C)">E.</exception></member>
                    <member name="F:A.B.C"><value>V <see langword="null"/></value></member></members></doc>
                    """.Replace("\\u00e4", "\u00e4", StringComparison.Ordinal));
            case "cs":
                return "// SPDX-License-Identifier: MIT\nclass A { int b; }\n"u8.ToArray();
        }
        using (var writer = new ParquetDocumentWriter(_folder["seed.parquet"]))
        {
            for (int i = 0; i < 5; i++)
                writer.Write(new Document($"d{i}", new string('x', 30) + i));
            writer.Finish();
        }
        return File.ReadAllBytes(_folder["seed.parquet"]);
    }

    /// <summary>A page by bzip2 1.0.8.</summary>
    private const string PackedPage = "QlpoOTFBWSZTWSXRR1sAAA5bgAAQQAXgBQwAJ6fdQCAAaCVGp6mjTaENBowlT1R5IDQDRia0LkyFQYdAZkJUQk92l9+55Kqor8yp6HR4Th6lQyChMPPuCpEIg7yK4SLxnS5GGsCHdJjoh+LuSKcKEgS6KOtg";

    private static byte[] Change(byte[] seed, Random random)
    {
        var bytes = new List<byte>(seed);
        for (int changes = random.Next(1, 6); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count), length = Math.Min(random.Next(1, 20), bytes.Count - at);
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
                case 4:
                    bytes.InsertRange(at, Enumerable.Range(0, length).Select(_ => (byte)random.Next(256)));
                    break;
                case 5:
                    bytes[at] = random.Next(3) switch { 0 => 0, 1 => 0xFF, _ => (byte)'"' };
                    break;
                default:
                    if (random.Next(4) == 0)
                        bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }
        return [.. bytes];
    }
}
