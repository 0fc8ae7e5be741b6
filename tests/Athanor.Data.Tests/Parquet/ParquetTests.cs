using Athanor.Data.Compression;
using Athanor.Data.Documents;
using Athanor.Data.Parquet;
using Athanor.Data.Readers;
using Athanor.Data.Tests.Compression;
using Athanor.Data.Tests.Readers;
using Athanor.Data.Tests.Testing;
using Athanor.Data.Writers;

namespace Athanor.Data.Tests.Parquet;

public sealed class ParquetTests : IDisposable
{
    /// <summary>Forty rows by DuckDB 1.4: id, text (null in every fifth), n, big, d, b, list, cat; pages of version 1 and Snappy.</summary>
    private const string Version1 = "UEFSMRUAFfgEFeYCLBVQFQAVBhUGAAC8AjACAAAAUAEDAAAAaWQwCQcAMQkHADIJBwAzCQcANAkHADUJBwA2CQcANwkHADgJBwQ5BAVGBDEwDQgAMQ0IADINCAAzDQgANA0IADUNCAA2DQgANw0IADgNCA1QADINUAAyDVAAMg1QADINUAAyDVAAMg1QBDI2CUAAMg1QADINUAAyDVAAMw1QADMNUAAzDVAAMw1QADMNUAAzDVAAMw1QBDM3CVgkMzgEAAAAaWQzORUEFfwBFV5MFQYVAAAAfjwmAAAAc29tZSB0ZXh0IDAgXgwABMOkNioAADEdKjYMAD4qAAAyHSo2DAAEw6QVABXOARU8LBVQFQQVBhUGAABnKCEAAABB9957770AZgEAEAJBZBKJBQNmJAB2AQAVABXMAhXOAiwVUBUAFQYVBgAApgEkAgAAAFABAAAAAAEFAQ7wkwMAAAAEAAAABQAAAAYAAAAHAAAACAAAAAkAAAAKAAAACwAAAAwAAAANAAAADgAAAA8AAAAQAAAAEQAAABIAAAATAAAAFAAAABUAAAAWAAAAFwAAABgAAAAZAAAAGgAAABsAAAAcAAAAHQAAAB4AAAAfAAAAIAAAACEAAAAiAAAAIwAAACQAAAAlAAAAJgAAACcAAAAVABWMBRW+BCwVUBUAFQYVBgAAxgIYAgAAAFABABEBCOQLVAESEADIF6gEARQMrCP8BgEIDJAvUAkBCAx0O6QLAQgMWEf4DQEIDDxTTBABCAwgX6ASAQgMBGv0FAEIDOh2SBcBCAzMgpwZAQgMsI7wGwEIDJSaRB4BCAx4ppggAQgMXLLsIgEIDEC+QCUBCAwkypQnAQgMCNboKQEIDOzhPCwBCAzQ7ZAuAQgMtPnkMAEIDJgFOTMBCAx8EY01AQgMYB3hNwEIDEQpNToBCAwoNYk8AQgMDEHdPgEIDPBMMUEBCAzUWIVDAQgMuGTZRQEIDJxwLUgBCAyAfIFKAQgMZIjVTAEIDEiUKU8BCAwsoH1RAQgMEKzRUwEIDPS3JVYBCDjYw3lYAAAAALzPzVoAAAAVABWMBRXaAiwVUBUAFQYVBgAAxgIYAgAAAFABADIBAATQPwkPAOANCADoDQgA8A0IAPQNCAD4DQgA/A0IBABACTgAAg0IAAQNCAAGDQgACA0IAAoNCAAMDQgADg0IABANCAARDQgAEg0IABMNCAAUDQgAFQ0IABYNCAAXDQgAGA0IABkNCAAaDQgAGw0IABwNCAAdDQgAHg0IAB8NCAAgCQgAgA0IBAAhDRANCAQAIg0QDQgoACNAAAAAAACAI0AVABUWFRosFVAVABUGFQYAAAsoAgAAAFABVVVVVVUVBBUKFQ5MFQIVAAAABRABAAAAbBUAFR4VIiwVUBUEFQYVBgAADzgCAAAAUAACAAAAUAMBUAAVBBUYFRxMFQQVAAAADCwCAAAAeDACAAAAeDEVABXOARU2LBVQFQQVBhUGAABnKCEAAABBgUAgEAgAZgEADAJBRARmHgCOAQAVQBwcAAAcHAAAHBwAAAAMAAAAAABQEIgAABAAEAKAAAECAUAABAAEACQAKAAIABVAHBwAABwcAAAcHAAAAAAAEAAAAAQAAAAAEAgAAAACAAAAAAAAAgAAEAAAAAAEFUAcHAAAHBwAABwcAAAAAIAAIEAAABAGAAAABAgAAAAAgAIAACAQACAAEAEAAAQVAhm8NQAYDWR1Y2tkYl9zY2hlbWEVEAAVDCUCGAJpZCUAABUMJQIYBHRleHQlAAAVAiUCGAFuJSIAFQQlAhgDYmlnJSQAFQolAhgBZAAVACUCGAFiADUCGARsaXN0FQIVBgA1BBgEbGlzdBUCABUMJQIYB2VsZW1lbnQlAAAVDCUCGANjYXQlAAAWUBkcGYwmABwVDBkVABkYAmlkFQIWUBaeBRaMAyYIPBgDaWQ5GANpZDAWACgDaWQ5GANpZDAREQAAACYAHBUMGRUEGRgEdGV4dBUCFlAWigQW2gEmjgQmlAMcGCZzb21lIHRleHQgMiBzb21lIHRleHQgMiBzb21lIHRleHQgMiDDpBgmc29tZSB0ZXh0IDAgc29tZSB0ZXh0IDAgc29tZSB0ZXh0IDAgw6QWEBYGGCZzb21lIHRleHQgMiBzb21lIHRleHQgMiBzb21lIHRleHQgMiDDpBgmc29tZSB0ZXh0IDAgc29tZSB0ZXh0IDAgc29tZSB0ZXh0IDAgw6QREQAm/hEVXgAAJgAcFQIZFQAZGAFuFQIWUBbyAhb0AibuBDwYBCcAAAAYBAAAAAAWACgEJwAAABgEAAAAABERAAAAJgAcFQQZFQAZGANiaWcVAhZQFrIFFuQEJuIHPBgIALzPzVoAAAAYCAAAAAAAAAAAFgAoCAC8z81aAAAAGAgAAAAAAAAAABERAAAAJgAcFQoZFQAZGAFkFQIWUBayBRaAAybGDDwYCAAAAAAAgCNAGAgAAAAAAAAAABYAKAgAAAAAAIAjQBgIAAAAAAAAAAAREQAAACYAHBUAGRUAGRgBYhUCFlAWOBY8JsYPPBgBARgBABYAKAEBGAEAEREAAAAmABwVDBkVBBk4BGxpc3QEbGlzdAdlbGVtZW50FQIWUBZkFmwmqhAmghAcGAFsGAFsFgAWAhgBbBgBbBERACbcEhVeAAAmABwVDBkVBBkYA2NhdBUCFlAWpAIWkAEmpBEm7hAcGAJ4MRgCeDAWRBYEGAJ4MRgCeDAREQAmuhMVXgAAFr4aFlAmCBb2EQAoKER1Y2tEQiB2ZXJzaW9uIHYxLjUuNiAoYnVpbGQgMDY5Y2M5ZjliNSkZjBwAABwAABwAABwAABwAABwAABwAABwAAABdAwAAUEFSMQ==";

    /// <summary>The same rows in pages of version 2 with differences, run lengths and split bytes, packed by Zstandard.</summary>
    private const string Version2 = "UEFSMRUAFZQDFegBLBVQFQwVBhUGAAAotS/9IMpdAwDiyRYWsKUZAwyAM2ApICIiREoUGyBagutGAukcnZ9zc17Oyfmd23mdF+fJHJkfc2NezIn5mZt5YZ7KUfkpN+WlnJRfuZVXeXLkx40XJ35uXl74IMYwAIOAoDAQxhhEBABYQpQIFRBwWxcoARUEFfwBFWJMFQYVAAAAKLUv/SB+RQEAsCYAAABzb21lIHRleHQgMCDDpDEyw6QHAEACiA8gASSA+DYlYwfLEhUAFc4BFUosFVAVEBUGFQYAACi1L/0gZ+UAAIAhAAAAQffee++9AAJBZBKJBACgAaMW6C5tAy8VABUoFTosFVAVChUGFQYAACi1L/0gFKEAAAIAAABQAYAQCCgAAgAAAAAAAAAAFQAVMBVCLBVQFQoVBhUGAAAotS/9IBjBAAACAAAAUAGAEAgoAICQ38BKAAAAAAAAAAAVABWMBRWYASwVUBUSFQYVBgAAKLUv/WBGABUCAEQDAgAAAFABAIDQ4Ojw9Pj8AAIEBggKDA4QERITFBUWFxgZGhscHR4fICAhISIiIyMAPz9AQAQAQGABUXKZKFPACBUAFRYVKCwVUBUAFQYVBgAAKLUv/SALWQAAAgAAAFABVVVVVVUVBBUKFRxMFQIVAAAAKLUv/SAFKQAAAQAAAGwVABUeFTAsFVAVEBUGFQYAACi1L/0gD3kAAAIAAABQAAIAAABQAwFQABUEFRgVKkwVBBUAAAAotS/9IAxhAAACAAAAeDACAAAAeDEVABXOARVCLBVQFRAVBhUGAAAotS/9IGfFAACAIQAAAEGBQCAQCAACQUQEAAIAApK2gRcVQBwcAAAcHAAAHBwAAAAMAAAAAABQEIgAABAAEAKAAAECAUAABAAEACQAKAAIABVAHBwAABwcAAAcHAAAAAAAEAAAAAQAAAAAEAgAAAACAAAAAAAAAgAAEAAAAAAEFUAcHAAAHBwAABwcAAAAAIAAIEAAABAGAAAABAgAAAAAgAIAACAQACAAEAEAAAQVBBm8NQAYDWR1Y2tkYl9zY2hlbWEVEAAVDCUCGAJpZCUAABUMJQIYBHRleHQlAAAVAiUCGAFuJSIAFQQlAhgDYmlnJSQAFQolAhgBZAAVACUCGAFiADUCGARsaXN0FQIVBgA1BBgEbGlzdBUCABUMJQIYB2VsZW1lbnQlAAAVDCUCGANjYXQlAAAWUBkcGYwmABwVDBkVDBkYAmlkFQwWUBa6AxaOAiYIPBgDaWQ5GANpZDAWACgDaWQ5GANpZDAREQAAACYAHBUMGRUQGRgEdGV4dBUMFlAWigQW7AEmlAMmlgIcGCZzb21lIHRleHQgMiBzb21lIHRleHQgMiBzb21lIHRleHQgMiDDpBgmc29tZSB0ZXh0IDAgc29tZSB0ZXh0IDAgc29tZSB0ZXh0IDAgw6QWEBYGGCZzb21lIHRleHQgMiBzb21lIHRleHQgMiBzb21lIHRleHQgMiDDpBgmc29tZSB0ZXh0IDAgc29tZSB0ZXh0IDAgc29tZSB0ZXh0IDAgw6QREQAm/AkVXgAAJgAcFQIZFQoZGAFuFQwWUBZKFlwmggQ8GAQnAAAAGAQAAAAAFgAoBCcAAAAYBAAAAAAREQAAACYAHBUEGRUKGRgDYmlnFQwWUBZSFmQm3gQ8GAgAvM/NWgAAABgIAAAAAAAAAAAWACgIALzPzVoAAAAYCAAAAAAAAAAAEREAAAAmABwVChkVEhkYAWQVDBZQFrIFFr4BJsIFPBgIAAAAAACAI0AYCAAAAAAAAAAAFgAoCAAAAAAAgCNAGAgAAAAAAAAAABERAAAAJgAcFQAZFQAZGAFiFQwWUBY4FkomgAc8GAEBGAEAFgAoAQEYAQAREQAAACYAHBUMGRUQGTgEbGlzdARsaXN0B2VsZW1lbnQVDBZQFmQWiAEmgAgmygccGAFsGAFsFgAWAhgBbBgBbBERACbaChVeAAAmABwVDBkVEBkYA2NhdBUMFlAWpAIWqgEmlgkm0ggcGAJ4MRgCeDAWRBYEGAJ4MRgCeDAREQAmuAsVXgAAFtIRFlAmCBb0CQAoKER1Y2tEQiB2ZXJzaW9uIHYxLjUuNiAoYnVpbGQgMDY5Y2M5ZjliNSkZjBwAABwAABwAABwAABwAABwAABwAABwAAABaAwAAUEFSMQ==";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Version1)]
    [InlineData(Version2)]
    public void Files_of_another_program_are_read(string base64)
    {
        File.WriteAllBytes(_folder["a.parquet"], Convert.FromBase64String(base64));
        FormatReader reader = Reader(_folder["a.parquet"]);
        List<Document> read = Reading.All(reader, out ReadProblems problems);
        Assert.Equal([(ReadProblemKind.BadRecord, 8L), (ReadProblemKind.Unsupported, 1L)], problems.Counts.Select(pair => (pair.Key, pair.Value)));
        Assert.Contains(problems.First, problem => problem.Detail == "1 columns are lists or groups, which are not read: list");
        Assert.Equal(Enumerable.Range(0, 40).Where(i => i % 5 != 3).Select(i => ($"id{i}", string.Concat(Enumerable.Repeat($"some text {i % 3} ", 3)) + "\u00e4")), read.Select(document => (document.Id, document.Text)));
        foreach ((int i, Document document) in Enumerable.Range(0, 40).Where(i => i % 5 != 3).Zip(read))
        {
            Assert.Equal($"{i}|{i * 10000000000}|{(i / 4.0).ToString("R", null)}|{(i % 2 == 0 ? "true" : "false")}|{(i % 7 == 0 ? "x" + i % 2 : "")}",
                string.Join('|', ((string[])["n", "big", "d", "b", "cat"]).Select(name => document.Metadata.GetValueOrDefault(name, ""))));
            Assert.DoesNotContain("list", document.Metadata.Keys);
        }
        Reading.Same(read, Reading.Resumed(reader, out _));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_the_writer_writes_is_read_back_in_parts_of_any_size(bool packed)
    {
        Document[] documents = [.. Enumerable.Range(0, 600).Select(i => new Document($"d{i}", new string((char)('a' + i % 26), i * 400)) { Source = "s", Metadata = i % 3 == 0 ? new Dictionary<string, string> { ["k"] = $"{i}" } : Document.NoMetadata, Origin = new DocumentOrigin("f", i) })];
        using (var writer = new ParquetDocumentWriter(_folder["a.parquet"], packed))
        {
            foreach (Document document in documents)
                writer.Write(document);
            writer.Finish();
        }
        FormatReader reader = Reader(_folder["a.parquet"]);
        List<Document> read = Reading.All(reader, out ReadProblems problems);
        Assert.Equal(0, problems.Total);
        Assert.Equal(documents.Select(document => (document.Id, document.Text, document.Source)), read.Select(document => (document.Id, document.Text, document.Source)));
        Assert.Equal("{\"k\":\"3\"}", read[3].Metadata["metadata"]);
        Assert.Equal("7", read[7].Metadata["origin_offset"]);
        Reading.Same(read, Reading.All(reader, out _, new FileInfo(_folder["a.parquet"]).Length / 3));
    }

    [Fact]
    public void Snappy_packs_and_unpacks()
    {
        for (int kind = 0; kind < 6; kind++)
        {
            foreach (int size in (int[])[0, 1, 3, 70, 5000, 300_000])
            {
                byte[] content = ZstdTests.Content(kind, size, new Random(size)), packed = Snappy.Pack(content), unpacked = new byte[size];
                Snappy.Unpack(packed, unpacked);
                Assert.True(content.AsSpan().SequenceEqual(unpacked));
                Assert.Throws<InvalidDataException>(() => Snappy.Unpack(packed, new byte[size + 1]));
            }
        }
        // The example of the format's description: a copy that reaches into itself.
        byte[] repeated = new byte[10];
        Snappy.Unpack([10, 4, (byte)'a', (byte)'b', (7 << 2) | 2, 2, 0], repeated);
        Assert.Equal("ababababab"u8.ToArray(), repeated);
    }

    [Fact]
    public void Cut_and_changed_files_end_with_a_problem()
    {
        byte[] file = Convert.FromBase64String(Version1);
        foreach (int cut in (int[])[1, 9, 300, file.Length - 3, file.Length - 20])
        {
            File.WriteAllBytes(_folder["a.parquet"], file[..^cut]);
            Assert.Empty(Reading.All(Reader(_folder["a.parquet"]), out ReadProblems problems));
            Assert.Equal(ReadProblemKind.Damaged, Assert.Single(problems.First).Kind);
        }
        File.WriteAllBytes(_folder["a.parquet"], file);
        Assert.Empty(Reading.All(new FormatReader(_folder["a.parquet"], new ParquetFormat(new JsonKeys("body"), new ReadLimits())), out ReadProblems missing));
        Assert.Contains("id, text, n, big, d, b, cat", Assert.Single(missing.First).Detail, StringComparison.Ordinal);
    }

    private static FormatReader Reader(string path) => new(path, new ParquetFormat(new JsonKeys(), new ReadLimits()));
}
