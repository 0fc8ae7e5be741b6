using System.Runtime.CompilerServices;

namespace Athanor.Inference.Sampling;

/// <summary>The first n ids by a key, in order, without sorting the rest. Its arrays are used again; not for two threads at once.</summary>
internal sealed class TokenSelection
{
    private ulong[] _kept = [];

    /// <summary>The ids with the largest values, largest first, ties by id; NaN comes last.</summary>
    public ReadOnlySpan<ulong> Largest(ReadOnlySpan<float> values, int count)
    {
        count = Math.Min(count, values.Length);
        int room = Reserve(count, values.Length), held = 0;
        ulong worst = ulong.MaxValue;
        // Nothing is at or below NaN: until the first are chosen, any value may be among them, for NaN may have come so far.
        float floor = float.NaN;
        for (int i = 0; i < values.Length; i++)
        {
            // Most values fall here, once the floor has risen. An equal one has a higher id than all that are held.
            if (values[i] <= floor && held >= count)
                continue;
            ulong key = Key(values[i], i);
            if (key > worst)
                continue;
            _kept[held++] = key;
            if (held < room)
                continue;
            worst = Keep(count, held);
            held = count;
            floor = Value(worst);
        }
        return First(count, held);
    }

    /// <summary>As the other, of values that belong to the given ids.</summary>
    public ReadOnlySpan<ulong> Largest(ReadOnlySpan<float> values, ReadOnlySpan<int> ids, int count)
    {
        count = Math.Min(count, ids.Length);
        Reserve(ids.Length, ids.Length);
        for (int i = 0; i < ids.Length; i++)
            _kept[i] = Key(values[i], ids[i]);
        return First(count, ids.Length);
    }

    /// <summary>The id of a selected entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Id(ulong key) => (int)(uint)key;

    /// <summary>The value of a selected entry.</summary>
    public static float Value(ulong key)
    {
        uint ascending = ~(uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((ascending & 0x8000_0000) != 0 ? ascending ^ 0x8000_0000 : ~ascending);
    }

    /// <summary>Ascending integers for descending values, then ascending ids.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Key(float value, int id)
    {
        if (float.IsNaN(value))
            return (ulong)uint.MaxValue << 32 | (uint)id;
        // -0 is 0: equal values go by id.
        int bits = BitConverter.SingleToInt32Bits(value + 0f);
        uint ascending = (uint)bits ^ (bits < 0 ? uint.MaxValue : 0x8000_0000);
        return (ulong)~ascending << 32 | (uint)id;
    }

    private int Reserve(int count, int all)
    {
        int room = (int)Math.Min(all, Math.Max(1024, 2L * count)) + 1;
        if (_kept.Length < room)
            _kept = new ulong[room];
        return room;
    }

    private ReadOnlySpan<ulong> First(int count, int held)
    {
        if (count < held)
            Keep(count, held);
        _kept.AsSpan(0, count).Sort();
        return _kept.AsSpan(0, count);
    }

    /// <summary>Brings the <paramref name="count"/> smallest keys to the front in any order and gives the largest of them (Hoare's selection, median of three).</summary>
    private ulong Keep(int count, int held)
    {
        if (count == 0)
            return 0;
        Span<ulong> keys = _kept.AsSpan(0, held);
        int low = 0, high = held - 1, wanted = count - 1;
        while (low < high)
        {
            if (high - low < 24)
            {
                keys[low..(high + 1)].Sort();
                break;
            }
            ulong a = keys[low], b = keys[(low + high) >>> 1], c = keys[high];
            ulong pivot = Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
            int i = low, j = high;
            while (i <= j)
            {
                while (keys[i] < pivot)
                    i++;
                while (keys[j] > pivot)
                    j--;
                if (i <= j)
                {
                    (keys[i], keys[j]) = (keys[j], keys[i]);
                    i++;
                    j--;
                }
            }
            if (wanted <= j)
                high = j;
            else if (wanted >= i)
                low = i;
            else
                break;
        }
        return keys[wanted];
    }
}
