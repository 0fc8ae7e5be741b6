using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;

namespace Athanor.Tokenizers.Files.Gguf;

/// <summary>The pre-tokenizers of <c>tokenizer.ggml.pre</c> by the names that llama.cpp gives them.</summary>
internal static class GgufPreTokenizers
{
    private static readonly Dictionary<string, (PieceScanner Scanner, bool IgnoreMerges, bool AddBos)> _known = new(StringComparer.Ordinal)
    {
        ["gpt-2"] = (PieceScanners.Gpt2, false, false),
        ["phi-2"] = (PieceScanners.Gpt2, false, false),
        ["mpt"] = (PieceScanners.Gpt2, false, false),
        ["olmo"] = (PieceScanners.Gpt2, false, false),
        ["jais"] = (PieceScanners.Gpt2, false, false),
        ["llama-bpe"] = (PieceScanners.Cl100k, true, true),
        ["llama3"] = (PieceScanners.Cl100k, true, true),
        ["llama-v3"] = (PieceScanners.Cl100k, true, true),
        ["falcon3"] = (PieceScanners.Cl100k, true, true),
        ["dbrx"] = (PieceScanners.Cl100k, false, false),
        ["smaug-bpe"] = (PieceScanners.Cl100k, false, false),
        ["qwen2"] = (PieceScanners.Qwen2, false, false),
        ["deepseek-r1-qwen"] = (PieceScanners.Qwen2, false, false),
        ["stablelm2"] = (PieceScanners.Qwen2, false, false),
        ["hunyuan"] = (PieceScanners.Qwen2, false, false),
        ["gpt-4o"] = (PieceScanners.O200k, false, false),
        ["llama4"] = (PieceScanners.O200k, false, false),
    };

    public static IEnumerable<string> Names => _known.Keys;

    /// <summary>The first name of a scanner; null where llama.cpp has none.</summary>
    public static string? NameOf(PieceScanner scanner, bool ignoreMerges) =>
        _known.Where(entry => entry.Value.Scanner == scanner && entry.Value.IgnoreMerges == ignoreMerges).Select(entry => entry.Key).FirstOrDefault();

    public static bool TryGet(string name, out PieceScanner scanner, out bool ignoreMerges, out bool addBos)
    {
        bool found = _known.TryGetValue(name, out var known);
        (scanner, ignoreMerges, addBos) = known;
        return found;
    }
}
