using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Athanor.Tokenizers.SentencePiece;

/// <summary>
/// The symbol of each character in two table steps. The place of a character in the table, its slot, also serves as a small dense number for it:
/// pages that hold no character share one.
/// </summary>
internal sealed class CharacterMap
{
    private const int PageCount = 0x110000 >> 8;
    private readonly int[] _pages = new int[PageCount];
    private readonly int[] _symbols;

    /// <summary>A map of the given code points to symbols.</summary>
    public CharacterMap(IReadOnlyDictionary<int, int> symbols)
    {
        // ASCII gets the first page, whatever else there is, so that it needs no look-up of its page.
        int pages = 2;
        Array.Fill(_pages, 1 << 8);
        _pages[0] = 0;
        foreach (int codePoint in symbols.Keys.Order())
        {
            if (_pages[codePoint >> 8] == 1 << 8)
                _pages[codePoint >> 8] = pages++ << 8;
        }
        _symbols = new int[pages << 8];
        Array.Fill(_symbols, -1);
        foreach ((int codePoint, int symbol) in symbols)
            _symbols[Slot(codePoint)] = symbol;
    }

    /// <summary>The slot of a code point.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Slot(int codePoint) =>
        codePoint < 0x80 ? codePoint : Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_pages), codePoint >> 8) | (codePoint & 0xFF);

    /// <summary>The symbol at a slot, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Symbol(int slot) => Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_symbols), slot);

    /// <summary>The symbol of a code point, or -1, also for <see cref="Utf8Character.Invalid"/>.</summary>
    public int SymbolOf(int codePoint) => codePoint < 0 ? -1 : Symbol(Slot(codePoint));
}
