using Athanor.Models;
using Athanor.Models.Layers;
using Athanor.Tensors;
using Athanor.Training.Batches;
using Athanor.Training.Pretraining;

namespace Athanor.Training.Evaluation;

/// <summary>
/// The loss of a model over every token of a validation set, each counted once: sums are divided at the end, never means averaged. Documents are packed whole and see themselves only;
/// those longer than a row are cut, so their later parts are predicted without what came before (an upper bound).
/// </summary>
public sealed class Validator
{
    private readonly DocumentFrame _frame;
    private readonly int _length, _rows;

    /// <summary>A validator.</summary>
    /// <param name="length">Positions of a row.</param>
    /// <param name="rows">Rows computed at once.</param>
    public Validator(DocumentFrame frame, int length, int rows) => (_frame, _length, _rows) = (frame, length, Math.Max(1, rows));

    /// <summary>Reads a set.</summary>
    /// <param name="most">Most tokens; of a set that is longer a random part is read, always the same documents, and its bytes and characters are taken in proportion.</param>
    public ValidationScore Score(Decoder model, ValidationSet set, long most = long.MaxValue, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(set);
        var packer = new RowPacker(new Mixture([set.Source]), _frame, RowFilling.BestFit, endless: false);
        Batch batch = packer.NewBatch();
        double loss = 0;
        long tokens = 0;
        var options = new CrossEntropyOptions { Denominator = 1 };
        bool whole = true;
        while (packer.Fill(batch, _rows, _length))
        {
            cancellation.ThrowIfCancellationRequested();
            if (batch.TrainedTokens == 0)
                break;
            using (StepScope.Begin(model.Device, record: false))
            {
                BatchInput.Rows(model.Device, batch, 0, batch.Rows, out DecoderInput input, out Tensor targets);
                loss += model.Loss(input, targets, options).Item();
            }
            tokens += batch.TrainedTokens;
            if (tokens >= most)
            {
                whole = batch.After.Sources[0].Epoch > 0 && batch.After.Waiting.Count == 0;
                break;
            }
        }
        if (whole)
            return new ValidationScore(loss, tokens, set.Bytes, set.Characters);
        double share = Math.Min(1, tokens / (double)Total(set.Source));
        return new ValidationScore(loss, tokens, (long)(set.Bytes * share), (long)(set.Characters * share));
    }

    private long Total(TokenSource source)
    {
        long total = 0;
        for (long document = 0; document < source.Documents; document++)
            total += source.Positions(document, _frame);
        return total;
    }
}
