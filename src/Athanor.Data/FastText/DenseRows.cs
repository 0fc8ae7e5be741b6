using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Athanor.Data.FastText;

/// <summary>A matrix as it is trained.</summary>
internal sealed unsafe class DenseRows : FastTextRows
{
    private const int Ahead = 12, Line = 64;

    public DenseRows(int count, int columns)
        : base(count, columns) => Values = GC.AllocateUninitializedArray<float>(checked(count * columns), pinned: true);

    public float[] Values { get; }

    public override long Bytes => Values.LongLength * sizeof(float);

    public Span<float> this[int row] => Values.AsSpan(row * Columns, Columns);

    public override void Average(ReadOnlySpan<int> rows, Span<float> mean)
    {
        mean.Clear();
        float* values = Start;
        for (int i = 0; i < rows.Length; i++)
        {
            // Rows lie all over the memory: the misses of several overlap.
            if (i + Ahead < rows.Length)
                Prefetch(rows[i + Ahead]);
            Add(new ReadOnlySpan<float>(values + ((long)rows[i] * Columns), Columns), mean);
        }
        float share = 1f / rows.Length;
        foreach (ref float value in mean)
            value *= share;
    }

    public override float Dot(int row, ReadOnlySpan<float> vector)
    {
        ReadOnlySpan<float> values = this[row];
        var sum = Vector<float>.Zero;
        int at = 0;
        for (; at <= vector.Length - Vector<float>.Count; at += Vector<float>.Count)
            sum += new Vector<float>(values[at..]) * new Vector<float>(vector[at..]);
        float total = Vector.Sum(sum);
        for (; at < vector.Length; at++)
            total += values[at] * vector[at];
        return total;
    }

    /// <summary>Adds a vector to rows; one that is named twice gets it twice.</summary>
    public void AddTo(ReadOnlySpan<int> rows, ReadOnlySpan<float> vector)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            if (i + Ahead < rows.Length)
                Prefetch(rows[i + Ahead]);
            Add(vector, this[rows[i]]);
        }
    }

    /// <summary>Adds a multiple of a row to a vector.</summary>
    public void AddRow(int row, float factor, Span<float> target) => Add(this[row], factor, target);

    /// <summary>Adds a multiple of a vector to a row.</summary>
    public void AddTo(int row, float factor, ReadOnlySpan<float> vector) => Add(vector, factor, this[row]);

    public static void Add(ReadOnlySpan<float> source, Span<float> target)
    {
        int at = 0;
        for (; at <= source.Length - Vector<float>.Count; at += Vector<float>.Count)
            (new Vector<float>(target[at..]) + new Vector<float>(source[at..])).CopyTo(target[at..]);
        for (; at < source.Length; at++)
            target[at] += source[at];
    }

    private static void Add(ReadOnlySpan<float> source, float factor, Span<float> target)
    {
        var factors = new Vector<float>(factor);
        int at = 0;
        for (; at <= source.Length - Vector<float>.Count; at += Vector<float>.Count)
            (new Vector<float>(target[at..]) + (factors * new Vector<float>(source[at..]))).CopyTo(target[at..]);
        for (; at < source.Length; at++)
            target[at] += factor * source[at];
    }

    // The array is pinned.
    private float* Start => (float*)Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(Values));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Prefetch(int row)
    {
        if (!Sse.IsSupported)
            return;
        byte* at = (byte*)(Start + ((long)row * Columns));
        for (int offset = 0; offset < Columns * sizeof(float); offset += Line)
            Sse.Prefetch0(at + offset);
    }
}
