namespace Athanor.Tokenizers.PreTokenizers.Scanners;

/// <summary>A pre-tokenizer regex as static methods of a struct, so that loops over it are compiled with its rules inlined.</summary>
internal interface IPieceRules
{
    /// <summary>The regex in the notation of <c>tokenizer.json</c>.</summary>
    static abstract string Pattern { get; }

    /// <summary>The end of the piece that starts at <paramref name="start"/>, which is below <paramref name="end"/>, the end of the text.</summary>
    static abstract int NextEnd(ref byte text, int start, int end);
}
