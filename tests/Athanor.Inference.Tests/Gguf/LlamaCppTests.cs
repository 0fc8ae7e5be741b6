using Athanor.Inference.Gguf;
using Athanor.Models;
using Athanor.Models.HuggingFace;
using Athanor.Models.Llama2c;
using Athanor.Tensors;
using Athanor.Testing;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Files.SentencePiece;

namespace Athanor.Inference.Tests.Gguf;

/// <summary>The same file in llama.cpp and here, where node-llama-cpp is installed.</summary>
public sealed class LlamaCppTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [LlamaCppFact]
    public void The_stories_model_gives_the_same_tokens_in_llama_cpp()
    {
        if (SharedData.Find("stories260K/stories260K.bin") is not { } path)
            return;
        using Decoder model = Llama2cFile.Load(path, Device.Default, DType.F32);
        var tokenizer = new Tokenizer(LlamaCFile.Load(SharedData.Path("stories260K/tok512.bin")).ToParts(addBos: true));
        foreach (string type in (string[])["f32", "f16", "q8_0"])
        {
            GgufExport.Write(model, tokenizer, _folder["m.gguf"], GgufMixture.ByName(type));
            Same(_folder["m.gguf"], "Once upon a time, there was a little girl named Lily.", 100, bos: 1);
        }
    }

    // A trained model, named by ATHANOR_TRAINED_MODEL: random ones have no token that is clearly the likeliest.
    [LlamaCppFact]
    public void A_trained_model_gives_the_same_tokens_in_llama_cpp()
    {
        if (Environment.GetEnvironmentVariable("ATHANOR_TRAINED_MODEL") is not { Length: > 0 } folder)
            return;
        using Decoder model = HfCheckpoint.Load(folder, Device.Default, DType.F32, trainable: false);
        Tokenizer tokenizer = Tokenizer.Load(folder);
        foreach (string type in (string[])["f32", "bf16", "q8_0", "q6_k", "q4_k_m", "q4_0"])
        {
            GgufExport.Write(model, tokenizer, _folder["m.gguf"], GgufMixture.ByName(type));
            Same(_folder["m.gguf"], "System.Collections.Generic.Dictionary", 64, bos: -1);
        }
    }

    private static void Same(string path, string text, int count, int bos)
    {
        using GgufFile file = GgufFile.Open(path);
        using Decoder read = GgufModel.Load(file, Device.Default);
        int[] ids = GgufModel.ReadTokenizer(file).Encode(text, bos >= 0 ? EncodeOptions.AddSpecial : EncodeOptions.None);
        (int[] theirs, int[] made) = LlamaCppPeer.Run(path, text, count, bos);
        Assert.Equal(theirs, ids);
        if (file.Tensors.All(tensor => tensor.Type.BlockLength == 1))
        {
            Assert.Equal(made, Greedy.Continue(read, ids, count));
            return;
        }
        // Both round the activations of quantized products, each in its way: the likeliest token may differ only where two are as likely to within that rounding.
        float[] logits = Greedy.Logits(read, [.. ids, .. made[..^1]]);
        int vocabulary = read.Config.VocabularySize, different = 0;
        for (int i = 0; i < count; i++)
        {
            Span<float> row = logits.AsSpan((ids.Length - 1 + i) * vocabulary, vocabulary);
            float best = row.ToArray().Max();
            different += row[made[i]] < best ? 1 : 0;
            Assert.True(best - row[made[i]] < 0.25f, $"{path}, type {file.GetInteger("general.file_type")}: token {i} of {count} is {made[i]} there, {best - row[made[i]]} nats less likely here than the likeliest.");
        }
        Assert.InRange(different, 0, count / 20);
    }
}
