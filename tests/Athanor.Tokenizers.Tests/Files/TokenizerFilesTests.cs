using System.Text;
using Athanor.Testing;
using Athanor.Tokenizers.Tests.Files.SentencePiece;

namespace Athanor.Tokenizers.Tests.Files;

public sealed class TokenizerFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_tokenizer_of_llama2_c_is_loaded_by_its_name_and_from_its_folder()
    {
        string file = Write("tok264.BIN", SentencePieceFileTests.LlamaC(" ", "a", "b", " a", " ab"));
        int[] expected = [1, 263, 3 + 'c'];
        Assert.Equal(expected, Tokenizer.Load(file).Encode("abc", EncodeOptions.AddSpecial));
        Assert.Throws<FileNotFoundException>(() => Tokenizer.Load(_folder));
        File.Move(file, Path.Combine(_folder, "tokenizer.bin"));
        Tokenizer tokenizer = Tokenizer.Load(_folder);
        Assert.Equal(expected, tokenizer.Encode("abc", EncodeOptions.AddSpecial));
        Assert.Equal("abc", tokenizer.Decode(expected.AsSpan(1)));
        Assert.Equal((1, 2), (tokenizer.BosId, tokenizer.EosId));
    }

    [SharedDataFact("stories260K/tok512.bin", "stories260K/expected_greedy_n256.txt")]
    public void The_tokenizer_of_a_real_model_survives_saving_as_json()
    {
        Tokenizer real = Tokenizer.Load(SharedData.Path("stories260K/tok512.bin"));
        real.Save(_folder);
        string text = File.ReadAllText(SharedData.Path("stories260K/expected_greedy_n256.txt"));
        int[] ids = real.Encode(text, EncodeOptions.AddSpecial);
        Assert.Equal(ids, Tokenizer.Load(_folder).Encode(text, EncodeOptions.AddSpecial));
        Assert.Equal(text, real.Decode(ids.AsSpan(1)));
    }

    [Fact]
    public void A_file_that_only_has_the_name_is_refused_with_its_path()
    {
        void Refused(byte[] data, string problem)
        {
            string file = Write("tokenizer.bin", data);
            string message = Assert.Throws<TokenizerFormatException>(() => Tokenizer.Load(file)).Message;
            Assert.Contains(file, message, StringComparison.Ordinal);
            Assert.Contains(problem, message, StringComparison.Ordinal);
        }

        Refused([], "cut short");
        Refused(Encoding.UTF8.GetBytes("{\"model\": {}}"), "at most can be. Is it a tokenizer?");
        // The header of a model of llama2.c: its width, where a tokenizer has the length of its longest token.
        Refused([64, 0, 0, 0, 172, 0, 0, 0, 5, 0, 0, 0, 8, 0, 0, 0, 4, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0], "byte ");
    }

    [Fact]
    public void A_file_beyond_all_tokenizers_is_refused_unread()
    {
        string file = Path.Combine(_folder, "model.bin");
        using (FileStream huge = File.Create(file))
            huge.SetLength(1L << 40);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("1,099,511,627,776 bytes, more than the 16,777,216", Assert.Throws<TokenizerFormatException>(() => Tokenizer.Load(file)).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        File.Delete(file);
        if (!OperatingSystem.IsLinux())
            return;
        File.CreateSymbolicLink(file, "/dev/zero");
        Assert.Contains("endlessly many", Assert.Throws<TokenizerFormatException>(() => Tokenizer.Load(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Long")]
    public void The_most_tokens_that_a_file_can_hold_are_loaded_in_bounded_memory()
    {
        const int most = 16 << 20;
        byte[] start = SentencePieceFileTests.LlamaC();
        using (FileStream stream = File.Create(Path.Combine(_folder, "tokenizer.bin")))
        {
            stream.Write(start);
            byte[] token = [0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0];
            for (int i = 0; stream.Position + token.Length <= most; i++)
            {
                (token[8], token[9], token[10]) = ((byte)(128 + (i >> 14)), (byte)(128 + ((i >> 7) & 127)), (byte)(128 + (i & 127)));
                stream.Write(token);
            }
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        Tokenizer tokenizer = Tokenizer.Load(_folder);
        Assert.True(tokenizer.VocabularySize > 1_500_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4L << 30);
    }

    private string Write(string name, byte[] data)
    {
        string file = Path.Combine(_folder, name);
        File.WriteAllBytes(file, data);
        return file;
    }
}
