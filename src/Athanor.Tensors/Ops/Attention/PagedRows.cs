namespace Athanor.Tensors;

/// <summary>
/// Keys and values in blocks of a common memory: block b is the slots b · size … (b + 1) · size − 1. F32, BF16, or I8, where each head of a slot has a scale and a number is
/// its byte times the scale.
/// </summary>
/// <param name="Keys">[slots, H, K], contiguous.</param>
/// <param name="Values">As the keys.</param>
/// <param name="KeyScales">F32 [slots, H] with I8, else none.</param>
/// <param name="ValueScales">As those of the keys.</param>
/// <param name="BlockSize">Slots of a block.</param>
public readonly record struct PagedRows(Tensor Keys, Tensor Values, Tensor KeyScales, Tensor ValueScales, int BlockSize)
{
    internal void Check(Tensor rows, Tensor others)
    {
        if (Keys.Shape.Rank != 3 || Values.Shape != Keys.Shape || Values.DType != Keys.DType || !Keys.IsContiguous || !Values.IsContiguous || BlockSize < 1)
            throw new ArgumentException($"A paged cache of keys = {Keys} and values = {Values} in blocks of {BlockSize}: both must be contiguous [slots, heads, head dim] of one type.");
        bool bytes = Keys.DType == DType.I8;
        if ((!bytes && !Keys.DType.IsFloating()) || bytes != KeyScales.Exists || bytes != ValueScales.Exists)
            throw new ArgumentException($"A paged cache of {Keys.DType}: it must be F32 or BF16 without scales, or I8 with scales.");
        if (bytes && !(Fits(KeyScales) && Fits(ValueScales)))
            throw new ArgumentException($"A paged cache of keys = {Keys} with scales {KeyScales} and {ValueScales}: they must be contiguous F32 [slots, heads].");
        if (rows.Shape.Rank != 4 || rows.Shape[0] != 1 || rows.Shape[3] != Keys.Shape[2] || rows.Shape[3] == 0 || !rows.DType.IsFloating() || others.DType != rows.DType)
            throw new ArgumentException($"A paged cache of keys = {Keys} meets {rows}: they must be F32 or BF16 [1, time, heads, head dim].");
    }

    private bool Fits(Tensor scales) => scales.DType == DType.F32 && scales.IsContiguous && scales.Shape == new Shape(Keys.Shape[0], Keys.Shape[1]);
}
