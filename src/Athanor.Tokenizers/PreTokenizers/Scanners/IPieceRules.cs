namespace Athanor.Tokenizers.PreTokenizers.Scanners;

/// <summary>A pre-tokenizer regex as static methods of a struct, so that loops over it are compiled with its rules inlined.</summary>
internal interface IPieceRules
{
    /// <summary>The regex in the notation of <c>tokenizer.json</c>.</summary>
    static abstract string Pattern { get; }

    /// <summary>The end of the piece that starts at <paramref name="start"/>, which is below <paramref name="end"/>, the end of the text.</summary>
    static abstract int NextEnd(ref byte text, int start, int end);

    /// <summary>
    /// The starts of pieces among the characters of a block that begins with one, as far as they are sure: none between two of them is missing, and what the piece
    /// of the last one is may depend on what follows. Bit 0 need not be set.
    /// </summary>
    /// <param name="block">The characters.</param>
    /// <param name="text">The block's first character.</param>
    /// <param name="room">The bytes of text from there on.</param>
    static abstract ulong Starts(in AsciiBlock block, ref byte text, int room);
}
