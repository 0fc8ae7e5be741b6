namespace Athanor.Tokenizers.Bpe;

/// <summary>Which pairs of symbols merge, how early, and to what.</summary>
internal interface IMergeRanks
{
    /// <summary>The symbol of a byte.</summary>
    int Symbol(byte value);

    /// <summary>Finds the merge of two symbols; a smaller rank goes first.</summary>
    bool TryGet(int left, int right, out uint rank, out int merged);
}
