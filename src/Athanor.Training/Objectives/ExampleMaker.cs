namespace Athanor.Training.Objectives;

/// <summary>Makes examples out of documents: a pure function of the tokens and a seed, so that a run that is gone on with makes the same ones.</summary>
public abstract class ExampleMaker
{
    /// <summary>Whether examples have a part that is read in both directions.</summary>
    public abstract bool IsBidirectional { get; }

    /// <summary>The most positions of a document (one less than its tokens) whose example is certain to fit a row; below 1 where none is.</summary>
    /// <param name="length">Positions of the row.</param>
    public abstract int Room(int length);

    /// <summary>The example.</summary>
    /// <param name="piece">Two tokens at least.</param>
    /// <param name="seed">Decides what is random.</param>
    public abstract Example Make(in PieceText piece, ulong seed);
}
