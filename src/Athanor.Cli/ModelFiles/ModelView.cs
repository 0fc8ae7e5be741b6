using Athanor.Models.Accounting;
using Athanor.Models.Configuration;
using Athanor.Runs.Progress;
using Athanor.Tensors;
using Athanor.Training.ModelFiles;
using Spectre.Console;

namespace Athanor.Cli.ModelFiles;

/// <summary>A model for people.</summary>
internal static class ModelView
{
    public static void Write(string path, ModelFacts facts, TextWriter output)
    {
        IAnsiConsole console = Terminal.Create(output);
        ModelConfig config = facts.Config;
        Table table = Terminal.Table("", "");
        Row(table, "model", $"{path}");
        Row(table, "architecture", $"{config.Family}, {config.Layers} layers of width {config.Width}, feed-forward {config.FeedForwardWidth} ({Feeding(config.FeedForward)})");
        Row(table, "attention", $"{config.Heads} query heads, {config.KeyValueHeads} key heads of {config.HeadSize}{Attention(config)}");
        Row(table, "positions", $"{Positions(config)}, context {config.ContextLength}");
        Row(table, "norms", $"{(config.Norm == NormKind.Rms ? "RMS" : "layer")}, epsilon {config.NormEpsilon.ToString("0.#e-0", System.Globalization.CultureInfo.InvariantCulture)}, {Word(config.Layout)}");
        Row(table, "vocabulary", $"{config.VocabularySize:N0}, {(config.TieEmbeddings ? "the head is the embedding" : "a head of its own")}");
        Row(table, "parameters", $"{facts.Size.Parameters:N0}");
        foreach (PartSize part in facts.Size.Parts.Where(part => part.Parameters > 0))
            Row(table, $"  {part.Part}", $"{part.Parameters:N0}, {(double)part.Parameters / facts.Size.Parameters:P1}");
        foreach (ModelMemory memory in facts.Memory)
        {
            string type = memory.Type == DType.BF16 ? "bf16 or f16" : "f32";
            Row(table, $"memory, {type}", $"weights {Bytes(memory.Weights)}, cache {Bytes(memory.CachePerToken)} a token, {Bytes(memory.CacheOfContext)} for the context");
        }
        Row(table, "operations", $"{Amount(facts.Operations.Training)} a trained token in rows of {config.ContextLength}; decoding {Amount(facts.Operations.FirstToken)} the first, {Amount(facts.Operations.LastToken)} the last of a context; a prompt of {config.ContextLength} {Amount(facts.Operations.Prompt)}");
        foreach (WeightFile file in facts.Files)
            Row(table, "file", $"{file.Name}, {Bytes(file.Bytes)}, {(file.Tensors > 0 ? $"{file.Tensors} tensors, " : "")}{string.Join(", ", file.Types.Select(type => $"{type.Key} {Amount(type.Value)}"))}");
        if (facts.Files.Count == 0)
            Row(table, "files", $"none: these are settings without weights");
        Row(table, "tokenizer", $"{(facts.Tokenizer is { } tokenizer ? Tokenizer(tokenizer, config.VocabularySize) : "none beside it")}");
        console.Write(table);
    }

    /// <summary>A model that was just written, in a line.</summary>
    public static void Written(string path, ModelFacts facts, TextWriter output)
    {
        string[] types = [.. facts.Files.SelectMany(file => file.Types.Keys).Distinct()];
        output.WriteLine(FormattableString.Invariant(
            $"{path}: {facts.Config.Family}, {facts.Size.Parameters:N0} parameters, {string.Join(" and ", types)}, {Bytes(facts.Files.Sum(file => file.Bytes))} in {facts.Files.Count} {(facts.Files.Count == 1 ? "file" : "files")}, {(facts.Tokenizer is null ? "no tokenizer" : "with its tokenizer")}"));
    }

    private static string Feeding(FeedForwardKind kind) => kind switch
    {
        FeedForwardKind.SwiGlu => "SwiGLU",
        FeedForwardKind.GeGlu => "GeGLU",
        FeedForwardKind.GeGluTanh => "GeGLU, tanh",
        FeedForwardKind.Gelu => "GELU",
        FeedForwardKind.GeluTanh => "GELU, tanh",
        FeedForwardKind.ReluSquared => "squared ReLU",
        FeedForwardKind.Relu => "ReLU",
        _ => "SiLU",
    };

    private static string Attention(ModelConfig config) => string.Concat(
        config.SlidingWindow > 0 ? $", window {config.SlidingWindow}" : "",
        config.QkNorm != QkNormKind.None ? ", normed queries and keys" : "",
        config.QkvBias ? ", biases" : "",
        config.AttentionSoftCap > 0 ? FormattableString.Invariant($", soft cap {config.AttentionSoftCap}") : "");

    private static string Positions(ModelConfig config) => config.Position switch
    {
        PositionKind.Rotary => FormattableString.Invariant($"rotary, base {config.RopeTheta}{(config.RopeScaling is { } scaling ? $", {Word(scaling.Kind)} x {scaling.Factor}" : "")}{(config.RopeInterleaved ? ", neighbouring pairs" : "")}"),
        PositionKind.Alibi => "ALiBi",
        PositionKind.Learned => "learned",
        _ => "none",
    };

    private static string Tokenizer(TokenizerFacts tokenizer, int rows) => FormattableString.Invariant(
        $"{tokenizer.Size:N0} ids, begin {tokenizer.Begin ?? "none"}, end {tokenizer.End ?? "none"}{(tokenizer.ChatTemplate ? ", chat template" : "")}{(tokenizer.Size > rows ? $"; MORE THAN THE MODEL'S {rows:N0} ROWS, it does not belong to it" : "")}");

    private static string Word<T>(T value) where T : struct, Enum => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    private static string Amount(double value) => ProgressText.Amount(value);

    private static string Bytes(double value) => $"{ProgressText.Amount(value)}B";

    private static void Row(Table table, string name, FormattableString text) => table.AddRow(name, Markup.Escape(FormattableString.Invariant(text)));
}
