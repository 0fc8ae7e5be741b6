namespace Athanor.Training.Batches;

/// <summary>A part of a framed document that waits for a row.</summary>
/// <param name="Source">Index of its source.</param>
/// <param name="Document">Its document there.</param>
/// <param name="Start">First framed token.</param>
/// <param name="Length">Positions in the row; of documents as they are the target of the last one is the framed token behind it.</param>
/// <param name="Epoch">The pass over the source: examples of a document differ from pass to pass.</param>
/// <param name="Taken">Positions of the document that an example is made of; 0 where documents are trained as they are.</param>
public readonly record struct Piece(int Source, long Document, int Start, int Length, long Epoch = 0, int Taken = 0);
