using System.Runtime.CompilerServices;

namespace Athanor.Tensors.Kernels;

/// <summary>Where a [B, T, H, K] operand lies: element strides of batch, time and head; the last dimension is contiguous.</summary>
internal unsafe struct AttentionOperand(void* pointer, long batch, long time, long head)
{
    public byte* Pointer = (byte*)pointer;
    public long Batch = batch, Time = time, Head = head;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly byte* At(int b, int t, int h, int elementBytes) => Pointer + (b * Batch + t * Time + h * Head) * elementBytes;
}

/// <summary>
/// Scaled dot-product attention. B batch, T time (Tq queries, Tk keys), H heads (Hq of queries, Hkv of keys and values), K head dim.
/// </summary>
/// <remarks>
/// <para>With i a query, j a key, p = Offset + i the query's absolute position and g = h / (Hq/Hkv) the key head of query head h:</para>
/// <para>s[i,j] = f(Scale · Σ_k Q[b,i,h,k]·K[b,j,g,k]) − Slopes[h]·(p − j), where f(x) = SoftCap·tanh(x / SoftCap), or x when SoftCap is 0;</para>
/// <para>P[i,j] = exp(s[i,j] − Lse[b,h,i]) for visible pairs, else 0; Lse = log Σ_j exp(s[i,j]); O[b,i,h,:] = Σ_j P[i,j]·V[b,j,g,:].</para>
/// <para>Visible: the segments agree, and j &lt; Prefix[b] (or Prefix[b,i]), or (j ≤ p if Causal) and (p − Window &lt; j, and j &lt; p + Window unless Causal, if Window is not 0).
/// See <see cref="AttentionMask"/>.</para>
/// <para>A row whose every weight is zero (no visible key) gives O = 0, Lse = −∞ and zero gradients. Scores below −1e20 count as −∞ in the
/// fast paths. A NaN in V may spread, in the fast paths, to queries of the same 64-row block that do not see it.</para>
/// <para>Backward, with D[i] = Σ_k dO·O: dV += Pᵀ dO; dP = dO Vᵀ; dS = P∘(dP − D)∘f′; dQ = Scale·dS K; dK = Scale·dSᵀ Q, summed over the query heads of g.</para>
/// <para>Source: Dao et al., FlashAttention-2, arXiv 2307.08691; ALiBi: Press et al., arXiv 2108.12409; soft cap: Gemma 2, arXiv 2408.00118.</para>
/// </remarks>
internal unsafe struct AttentionArgs
{
    public AttentionArgs()
    {
    }

    /// <summary>Type of Q, K, V, O and of their gradients: F32 or BF16.</summary>
    public DType Type;
    public int Batch, QueryLength, KeyLength, QueryHeads, KeyHeads, HeadDim;

    public AttentionOperand Q, K, V, O;

    /// <summary>[B, Hq, Tq] fp32, natural logarithm. Forward writes it when it is not null, backward needs it.</summary>
    public float* Lse;

    /// <summary>Factor of the dot products, 1/√K usually.</summary>
    public float Scale = 1;

    /// <summary>Bound of the scores before the bias, 0 for none.</summary>
    public float SoftCap;
    public bool Causal;

    /// <summary>How many latest keys a query sees, itself included; 0 for all.</summary>
    public int Window;

    /// <summary>No way that only few queries take.</summary>
    public bool Invariant;

    /// <summary>A paged cache, or null: key j is row Blocks[j / BlockSize]·BlockSize + j mod BlockSize of K and V, whose batch is 1. Invariant forward passes only.</summary>
    public int* Blocks;
    public int BlockSize;

    /// <summary>Of a paged cache: F32, BF16, or I8 with a scale for each head of a row. Numbers count as rounded to <see cref="Type"/>.</summary>
    public DType CacheType;

    /// <summary>[rows, Hkv] with a cache of I8, else null.</summary>
    public float* KeyScales, ValueScales;

    /// <summary>Absolute position of query 0: the length of the cache before it.</summary>
    public int Offset;

    /// <summary>[B], or [B, Tq] with <see cref="PrefixByQuery"/>: so many first keys are visible to every query of the row, or to the query; or null.</summary>
    public int* Prefix;

    /// <summary>Whether <see cref="Prefix"/> has an entry for each query: packed rows hold a prefix in each document.</summary>
    public bool PrefixByQuery;

    /// <summary>[B, Tq] and [B, Tk]: segment of every position, or both null. See <see cref="AttentionMask.FillSegments"/>.</summary>
    public int* QuerySegments, KeySegments;

    /// <summary>[Hq]: ALiBi slope of every head, or null.</summary>
    public float* Slopes;

    /// <summary>Backward: gradient of O, in.</summary>
    public AttentionOperand OGrad;

    /// <summary>Backward: gradients of Q, K, V, overwritten.</summary>
    public AttentionOperand QGrad, KGrad, VGrad;

    /// <summary>[B, Tq, 2]: key range of every query's segment, filled by the driver when there are segments.</summary>
    internal int* SegmentRanges;

    public readonly int Group
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => QueryHeads / KeyHeads;
    }

    /// <summary>Where a key lies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly byte* KeyAt(int b, int j, int g, int elementBytes) => K.At(b, RowOf(j), g, elementBytes);

    /// <summary>Where a value lies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly byte* ValueAt(int b, int j, int g, int elementBytes) => V.At(b, RowOf(j), g, elementBytes);

    /// <summary>The row of K and V in which key j lies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int RowOf(int j) => Blocks == null ? j : Blocks[j / BlockSize] * BlockSize + j % BlockSize;

    /// <summary>Whether so many keys from one that is a multiple of it lie behind one another as they are computed with.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool InPlace(int keys) => Blocks == null || (CacheType == Type && BlockSize % keys == 0);

    /// <summary>Whether scores need more than a scale before the exponential.</summary>
    public readonly bool HasBias
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => SoftCap != 0 || Slopes != null;
    }

    /// <summary>Decoding: one query a row sees every key from the first to its own, and heads differ in nothing but their numbers.</summary>
    public readonly bool IsOneQueryForAllKeys => QueryLength == 1 && Group > 1 && Causal && Window == 0 && Prefix == null && QuerySegments == null && Slopes == null;

    /// <summary>
    /// The same with the query heads of a key head as queries of one head, so that keys and values are read and packed once for all of them. A query's result does not
    /// depend on the queries beside it, so neither on this.
    /// </summary>
    public readonly AttentionArgs HeadsAsQueries() => this with
    {
        QueryHeads = KeyHeads,
        QueryLength = Group,
        KeyLength = Math.Min(KeyLength, Offset + 1),
        Causal = false,
        Offset = 0,
        Q = new AttentionOperand(Q.Pointer, Q.Batch, Q.Head, Q.Head * Group),
        O = new AttentionOperand(O.Pointer, O.Batch, O.Head, O.Head * Group),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float* LseOf(int b, int h) => Lse + ((long)b * QueryHeads + h) * QueryLength;
}
