namespace Athanor.Tokenizers.SentencePiece;

/// <summary>What a piece of a SentencePiece model is; the numbers are those of its files and of GGUF's token types.</summary>
public enum PieceKind
{
    /// <summary>Text.</summary>
    Normal = 1,

    /// <summary>Stands for what no piece stands for.</summary>
    Unknown = 2,

    /// <summary>A control token, never found in text.</summary>
    Control = 3,

    /// <summary>Text that is always one token wherever it occurs.</summary>
    UserDefined = 4,

    /// <summary>Text that is split again into the pieces it was merged from.</summary>
    Unused = 5,

    /// <summary>One byte, written &lt;0x00&gt; to &lt;0xFF&gt;.</summary>
    Byte = 6,
}
