namespace Athanor.Tokenizers.PreTokenizers;

/// <summary>Splits at white space, which is dropped, and makes each punctuation mark a piece.</summary>
public sealed record BertPreTokenizer : PreTokenizer
{
    private static readonly WhitespaceSplitPreTokenizer _spaces = new();
    private static readonly PunctuationPreTokenizer _marks = new();

    public override void Split(PreTokenizedText text)
    {
        _spaces.Split(text);
        _marks.Split(text);
    }
}
