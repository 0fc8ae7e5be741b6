namespace Athanor.Inference.Sampling;

/// <summary>Arrays of the size of the vocabulary that a draw needs for a moment: one set a thread, whatever the number of texts.</summary>
internal sealed class SamplerScratch
{
    [ThreadStatic]
    private static SamplerScratch? _ofThread;

    private float[] _logits = [], _keys = [];
    private int[] _ids = [];
    private double[] _weights = [];

    public static SamplerScratch OfThread => _ofThread ??= new SamplerScratch();

    public TokenSelection Selection { get; } = new();

    public Span<float> Logits(int count) => Span(ref _logits, count);

    public Span<float> Keys(int count) => Span(ref _keys, count);

    public Span<int> Ids(int count) => Span(ref _ids, count);

    public Span<double> Weights(int count) => Span(ref _weights, count);

    private static Span<T> Span<T>(ref T[] array, int count)
    {
        if (array.Length < count)
            array = new T[count];
        return array.AsSpan(0, count);
    }
}
