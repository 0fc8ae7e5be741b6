using System.Globalization;
using System.Text.Json;
using Athanor.Inference.Gguf;
using Athanor.Inference.Tests.Testing;
using Athanor.Models;
using Athanor.Models.HuggingFace;
using Athanor.Models.Llama2c;
using Athanor.Tensors;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Safetensors;
using Athanor.Testing;
using Athanor.Tokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Xunit.Abstractions;

namespace Athanor.Inference.Tests.Gguf;

/// <summary>The same file in llama.cpp and here, where node-llama-cpp is installed.</summary>
public sealed class LlamaCppTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [LlamaCppDataFact("stories260K/stories260K.bin", "stories260K/tok512.bin")]
    public void The_stories_model_is_as_near_to_its_file_as_in_llama_cpp()
    {
        using Decoder model = Llama2cFile.Load(SharedData.Path("stories260K/stories260K.bin"), Device.Default, DType.F32);
        Tokenizer tokenizer = Tokenizer.Load(SharedData.Path("stories260K/tok512.bin"));
        foreach (string type in (string[])["f32", "f16", "q8_0", "q4_0"])
        {
            GgufExport.Write(model, tokenizer, _folder["m.gguf"], GgufMixture.ByName(type));
            Near(type, "Once upon a time, there was a little girl named Lily.", 100, bos: 1);
        }
    }

    // Random models have no token that is clearly the likeliest.
    [TrainedModelFact]
    public void A_trained_model_is_as_near_to_its_file_as_in_llama_cpp()
    {
        string folder = TrainedModelFactAttribute.Folder!;
        using Decoder model = HfCheckpoint.Load(folder, Device.Default, DType.F32, trainable: false);
        Tokenizer tokenizer = Tokenizer.Load(folder);
        foreach (string type in (string[])["f32", "bf16", "q8_0", "q6_k", "q5_k_m", "q4_k_m", "q4_0"])
        {
            GgufExport.Write(model, tokenizer, _folder["m.gguf"], GgufMixture.ByName(type));
            Near(type, "System.Collections.Generic.Dictionary", 64, bos: -1);
        }
    }

    [LlamaCppTheory]
    [MemberData(nameof(GgufExportTests.Models), MemberType = typeof(GgufExportTests))]
    public void Every_architecture_computes_the_same_in_llama_cpp(string architecture, string kind)
    {
        Tokenizer tokenizer = GgufExportTests.ByteLevel(PieceScanners.Qwen2.Pattern);
        using Decoder built = GgufExportTests.Build(GgufExportTests.Config(kind) with { Layers = 2 });
        // By way of the family's folder, whose matrices and gains may lie otherwise.
        string family = HfCheckpoint.FamiliesFor(built.Config).First(name => name == architecture || name == "athanor");
        HfCheckpoint.Save(built, _folder["hf"], SafetensorsType.F32, family);
        using Decoder model = HfCheckpoint.Load(_folder["hf"], Device.Default, DType.F32, trainable: false);
        // Unrounded: nothing leads clearly in a random model once 8 bits are all that its inputs have.
        Assert.Equal(architecture, GgufExport.Write(model, tokenizer, _folder["m.gguf"], GgufMixture.ByName("f32")).Architecture);
        Near(kind, "[1,17,200,3,3,99,250,42]", 40, bos: -1);
    }

    /// <summary>
    /// Both programs round the inputs of products, each in its way, so neither is the judge of the other. The judge is the file's numbers, decoded, multiplied without rounding and summed in double: we must
    /// not be farther from it than llama.cpp is, and where the likeliest token leads by more than llama.cpp's error it must be ours.
    /// </summary>
    private void Near(string type, string text, int count, int bos)
    {
        using GgufFile file = GgufFile.Open(_folder["m.gguf"]);
        using Decoder read = GgufModel.Load(file, Device.Default), plain = GgufModel.Load(file, new CpuDevice(KernelPath.Reference));
        int[] ids = text[0] == '[' ? JsonSerializer.Deserialize<int[]>(text)! : GgufModel.ReadTokenizer(file).Encode(text, bos >= 0 ? EncodeOptions.AddSpecial : EncodeOptions.None);
        (int[] theirIds, int[] made, float[] theirs) = LlamaCppPeer.Score(_folder["m.gguf"], text, count, bos);
        Assert.Equal(theirIds, ids);
        int[] all = [.. ids, .. made[..^1]];
        float[] ours = Greedy.Logits(read, all), exact = Greedy.Logits(plain, all);
        double size = Distance(exact, new float[exact.Length]), our = Distance(ours, exact), their = Distance(theirs, exact), most = exact.Zip(theirs, (a, b) => Math.Abs(a - b)).Max();
        string figures = string.Create(CultureInfo.InvariantCulture, $"{type}: mean distance {our:E2} here, {their:E2} (at most {most:E2}) in llama.cpp, {Distance(ours, theirs):E2} between, logits {size:F2}");
        output.WriteLine(figures);
        // Rounding is chance after the first block: over these texts the two errors differ by up to 7 % where both round alike (Q8_0, 32 columns to a scale). In fp32 the order of sums is all there is.
        Assert.True(our <= 1.15 * their + 1e-6 * size, figures);
        Assert.True(their <= 0.03 * size, $"{figures}: llama.cpp computes something else.");
        int vocabulary = read.Config.VocabularySize, clear = 0, different = 0;
        for (int i = 0; i < count; i++)
        {
            int at = ids.Length - 1 + i;
            float[] row = exact[(at * vocabulary)..((at + 1) * vocabulary)], sorted = [.. row.OrderDescending()];
            int here = ours.AsSpan(at * vocabulary, vocabulary).IndexOf(ours.AsSpan(at * vocabulary, vocabulary).ToArray().Max()), best = Array.IndexOf(row, sorted[0]);
            different += here == made[i] ? 0 : 1;
            if (sorted[0] - sorted[1] <= 2 * most)
                continue;
            clear++;
            Assert.True(best == here && best == made[i], $"{type}, token {i}: {here} here, {made[i]} in llama.cpp, {best} by the file; it leads by {sorted[0] - sorted[1]}.");
        }
        output.WriteLine($"   {count - different} of {count} tokens are the same; {clear} lead clearly");
        Assert.True(clear > count / 2, $"{type}: only {clear} of {count} tokens lead clearly.");
    }

    private static double Distance(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (x, y) => Math.Pow(x - (double)y, 2)).Average());
}
