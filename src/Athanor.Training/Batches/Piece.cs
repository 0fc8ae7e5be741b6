namespace Athanor.Training.Batches;

/// <summary>A part of a framed document that waits for a row.</summary>
/// <param name="Source">Index of its source.</param>
/// <param name="Document">Its document there.</param>
/// <param name="Start">First framed token.</param>
/// <param name="Length">Input positions; the target of the last one is the framed token behind it.</param>
public readonly record struct Piece(int Source, long Document, int Start, int Length);
