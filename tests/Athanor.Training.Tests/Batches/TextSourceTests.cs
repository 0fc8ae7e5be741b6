using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.Shards;
using Athanor.Tokenizers;
using Athanor.Training.Batches;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests.Batches;

public sealed class TextSourceTests : IDisposable
{
    private static readonly Tokenizer Tokenizer = Words.Tokenizer();
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Documents_that_are_tokenized_on_the_way_give_the_batches_of_shards()
    {
        using var text = new TextSource("a", Documents(Words.Texts), Tokenizer);
        using TokenSource shards = Shards(Words.Texts);
        Assert.Equal(shards.Documents, text.Documents);
        Assert.Equal(shards.Tokens, text.Tokens);
        Assert.Equal(Words.Texts.Sum(Encoding.UTF8.GetByteCount), text.Bytes);
        Assert.Equal((Words.Texts.Sum(Encoding.UTF8.GetByteCount), Words.Texts.Sum(line => (long)line.Length)), text.Count());
        DocumentFrame frame = DocumentFrame.Of(Tokenizer.BosId, Tokenizer.EosId);
        RowPacker one = new(new Mixture([text], seed: 5), frame, window: 16), other = new(new Mixture([shards], seed: 5), frame, window: 16);
        Batch found = one.NewBatch(), expected = other.NewBatch();
        for (int step = 0; step < 60; step++)
        {
            one.Fill(found, 4, 64);
            other.Fill(expected, 4, 64);
            Assert.Equal(expected.Ids.ToArray(), found.Ids.ToArray());
            Assert.Equal(expected.Targets.ToArray(), found.Targets.ToArray());
        }
        Assert.True(found.After.Sources[0].Epoch > 0);
    }

    [Fact]
    public void Both_kinds_of_sources_mix_and_another_tokenizer_is_refused()
    {
        using var text = new TextSource("a", Documents(Words.Texts), Tokenizer);
        using TokenSource shards = Shards(Words.Texts);
        Assert.Equal(2, new Mixture([text, shards]).Sources.Count);
        using var foreign = new TextSource("b", Documents(Words.Texts), Words.Tokenizer("<x>"));
        Assert.Contains("different tokenizers", Assert.Throws<ArgumentException>(() => new Mixture([text, foreign])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_is_no_document_is_named_and_so_is_a_packed_file()
    {
        string path = _folder["bad.jsonl"];
        File.WriteAllText(path, "{\"text\":\"one\"}\n\n{\"text\":\"two\"}\n{oops\n");
        using DocumentIndex index = DocumentIndex.Open(path);
        Assert.Equal(3, index.Count);
        Assert.Equal("two", index.Read(1).Text);
        Assert.Contains("bad.jsonl:4", Assert.Throws<DocumentException>(() => index.Read(2)).Message, StringComparison.Ordinal);
        File.WriteAllText(_folder["a.jsonl.gz"], "");
        Assert.Contains("Unpack", Assert.Throws<DocumentException>(() => DocumentIndex.Open(_folder["a.jsonl.gz"])).Message, StringComparison.Ordinal);
    }

    private string Documents(IEnumerable<string> texts)
    {
        string path = _folder["documents.jsonl"];
        if (File.Exists(path))
            return path;
        using var writer = new DocumentWriter(path);
        foreach (string text in texts)
            writer.Write(new Document("x", text));
        return path;
    }

    private TokenSource Shards(IEnumerable<string> texts)
    {
        using var writer = new TokenShardWriter(_folder["a.shard"], Tokenizer.VocabularySize, TokenizerFingerprint.Of(Tokenizer));
        foreach (string text in texts)
            writer.Add(Tokenizer.Encode(text));
        writer.Complete();
        return TokenSource.Open("a", _folder["a.shard"]);
    }
}
