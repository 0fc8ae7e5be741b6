using Athanor.Data.Shards;

namespace Athanor.Data.Tests.Shards;

public sealed class TokenShardTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-shards").FullName;
    private static readonly byte[] Tokenizer = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(100)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(200_000)]
    public void Documents_come_back_as_they_were_written(int vocabulary)
    {
        int[][] documents = Documents(vocabulary, 400, 3000);
        using TokenShard shard = TokenShard.Open(Write(documents, vocabulary));
        Assert.Equal(documents.Length, shard.Documents);
        Assert.Equal(documents.Sum(document => document.Length), shard.Tokens);
        Assert.Equal(vocabulary, shard.VocabularySize);
        Assert.Equal(Tokenizer, shard.Tokenizer.ToArray());
        for (int i = 0; i < documents.Length; i++)
        {
            var read = new int[shard.Length(i)];
            Assert.Equal(read.Length, shard.Read(i, 0, read));
            Assert.Equal(documents[i], read);
        }
        var stream = new int[shard.Tokens];
        shard.ReadStream(0, stream);
        Assert.Equal(documents.SelectMany(document => document), stream);
        shard.Verify();
    }

    [Fact]
    public void Parts_of_a_document_are_cut_at_its_end()
    {
        using TokenShard shard = TokenShard.Open(Write([[1, 2, 3, 4, 5], [], [6]], 10));
        var target = new int[4];
        Assert.Equal(2, shard.Read(0, 3, target));
        Assert.Equal([4, 5], target[..2]);
        Assert.Equal(0, shard.Read(1, 0, target));
        Assert.Throws<ArgumentOutOfRangeException>(() => shard.Read(0, 6, target));
        Assert.Throws<ArgumentOutOfRangeException>(() => shard.Length(3));
    }

    [Fact]
    public void A_flipped_byte_is_found_where_it_is_read_and_named()
    {
        string path = Write(Documents(1000, 2000, 2000), 1000);
        long length = new FileInfo(path).Length;
        foreach (long at in (long[])[5, 40, 126, 130, length / 2, length - 1])
        {
            byte[] bytes = File.ReadAllBytes(path);
            bytes[at] ^= 0x10;
            string damaged = Path.Combine(_folder, $"damaged{at}.shard");
            File.WriteAllBytes(damaged, bytes);
            ShardException error = Assert.Throws<ShardException>(() =>
            {
                using TokenShard shard = TokenShard.Open(damaged);
                shard.Verify();
            });
            Assert.Contains(damaged, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(128)]
    [InlineData(-1)]
    public void A_file_that_is_cut_off_is_refused(int length)
    {
        string path = Write([[1, 2, 3]], 10);
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..(length < 0 ? bytes.Length + length : length)]);
        Assert.Throws<ShardException>(() => TokenShard.Open(path));
    }

    [Fact]
    public void A_token_beyond_the_vocabulary_is_refused_and_an_abandoned_writer_leaves_nothing()
    {
        string path = Path.Combine(_folder, "abandoned.shard");
        using (var writer = new TokenShardWriter(path, 10, Tokenizer))
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Add([3, 10]));
        Assert.Empty(Directory.EnumerateFiles(_folder, "abandoned*"));
    }

    [Fact]
    public void A_shard_without_documents_is_a_shard()
    {
        using TokenShard shard = TokenShard.Open(Write([], 10));
        Assert.Equal(0, shard.Documents);
        Assert.Equal(0, shard.Tokens);
        shard.Verify();
    }

    private string Write(int[][] documents, int vocabulary)
    {
        string path = Path.Combine(_folder, $"{vocabulary}-{documents.Length}.shard");
        using var writer = new TokenShardWriter(path, vocabulary, Tokenizer);
        foreach (int[] document in documents)
            writer.Add(document);
        writer.Complete();
        return path;
    }

    private static int[][] Documents(int vocabulary, int count, int longest)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, random.Next(longest)).Select(_ => random.Next(vocabulary)).ToArray())];
    }
}
