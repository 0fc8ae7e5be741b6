using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Athanor.Tokenizers.SentencePiece;

/// <summary>
/// Which two neighbouring characters some merge can join. Between others a text can be cut without changing its tokens.
/// Slots are folded to ten bits: a false "can join" costs a cut, never a token.
/// </summary>
internal sealed class BorderSet
{
    private const int Mask = 1023;
    private readonly ulong[] _bits = new ulong[(Mask + 1) * (Mask + 1) / 64];

    public void Add(int leftSlot, int rightSlot) =>
        _bits[((leftSlot & Mask) << 4) | ((rightSlot & Mask) >> 6)] |= 1UL << (rightSlot & 63);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool CanJoin(int leftSlot, int rightSlot) =>
        (Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bits), ((leftSlot & Mask) << 4) | ((rightSlot & Mask) >> 6)) >> (rightSlot & 63) & 1) != 0;
}
