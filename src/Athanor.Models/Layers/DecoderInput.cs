using Athanor.Models.Adaptation;
using Athanor.Tensors;

namespace Athanor.Models.Layers;

/// <summary>What a decoder reads: ids, and how rows of packed documents are cut.</summary>
/// <param name="Ids">I32 [B, T]: token ids.</param>
/// <param name="Positions">I32 [B, T], the position of each token in its document; counted along the row when missing.</param>
/// <param name="Segments">I32 [B, T], the document of each token, negative for padding: tokens see their own document only; one document a row when missing.</param>
/// <param name="Prefix">
/// Prefix language models: I32 [B], so many first tokens of a row are seen by all of it, or [B, T], the tokens of the own document before this place in the row are seen by the token;
/// none when missing.
/// </param>
/// <param name="Adapter">A change of the model's projections; none when missing.</param>
public readonly record struct DecoderInput(Tensor Ids, Tensor Positions = default, Tensor Segments = default, Tensor Prefix = default, LoraAdapter? Adapter = null);
