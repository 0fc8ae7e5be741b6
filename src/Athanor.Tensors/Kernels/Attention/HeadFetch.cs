using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// The keys and values of the head that comes next, fetched to the second-level cache a row at a time between vector instructions, which leave
/// the memory idle: in one go the requests would wait for each other and hold up what follows.
/// </summary>
internal unsafe struct HeadFetch
{
    private byte* _keys, _values;
    private long _keyStride, _valueStride;
    private int _rows, _bytes;

    /// <summary>Keys and values together: beside the forms of the present head they must fit the cache.</summary>
    private const long MostBytes = 512 << 10;

    public static HeadFetch Of(in AttentionArgs a, int b, int g)
    {
        if (4L * a.KeyLength * a.HeadDim > MostBytes || a.Blocks != null)
            return default;
        return new HeadFetch
        {
            _keys = a.K.At(b, 0, g, 2),
            _values = a.V.At(b, 0, g, 2),
            _keyStride = a.K.Time * 2,
            _valueStride = a.V.Time * 2,
            _rows = a.KeyLength,
            _bytes = a.HeadDim * 2,
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Row()
    {
        if (_rows == 0)
            return;
        _rows--;
        for (int x = 0; x < _bytes; x += 64)
        {
            Sse.Prefetch1(_keys + x);
            Sse.Prefetch1(_values + x);
        }
        _keys += _keyStride;
        _values += _valueStride;
    }
}
