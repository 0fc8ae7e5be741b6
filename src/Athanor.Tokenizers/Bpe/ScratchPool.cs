namespace Athanor.Tokenizers.Bpe;

/// <summary>Scratches that wait for a thread: as many as threads were at work at once, less what exceeds twice the processors.</summary>
internal sealed class ScratchPool(BpeSymbols symbols, Vocabulary vocabulary)
{
    private readonly BpeScratch?[] _waiting = new BpeScratch?[2 * Environment.ProcessorCount];

    public BpeScratch Rent()
    {
        for (int i = 0; i < _waiting.Length; i++)
        {
            if (_waiting[i] is not null && Interlocked.Exchange(ref _waiting[i], null) is { } scratch)
                return scratch;
        }
        return new BpeScratch(symbols, vocabulary);
    }

    public void Return(BpeScratch scratch)
    {
        for (int i = 0; i < _waiting.Length; i++)
        {
            if (_waiting[i] is null && Interlocked.CompareExchange(ref _waiting[i], scratch, null) is null)
                return;
        }
    }
}
