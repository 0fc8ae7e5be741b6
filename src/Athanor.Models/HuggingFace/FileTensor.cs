namespace Athanor.Models.HuggingFace;

/// <summary>Rows of a parameter that are rows of a tensor in a file.</summary>
internal readonly record struct RowRange(string Parameter, int ParameterRow, int FileRow, int Rows);

/// <summary>A tensor of a family's checkpoint and which parameter rows its rows are.</summary>
/// <param name="Name">The name in the file.</param>
/// <param name="Rows">Outputs, or the length of a vector.</param>
/// <param name="Columns">Inputs; 0 for a vector.</param>
/// <param name="Transposed">The file holds [Columns, Rows]: the Conv1D layers of GPT-2.</param>
/// <param name="PlusOne">The file holds gains less 1 (Gemma).</param>
internal sealed record FileTensor(string Name, int Rows, int Columns, bool Transposed = false, bool PlusOne = false)
{
    /// <summary>What its rows are, in the order of the file's rows; together they cover them.</summary>
    public List<RowRange> Ranges { get; } = [];

    /// <summary>The shape in the file.</summary>
    public long[] Shape => Columns == 0 ? [Rows] : Transposed ? [Columns, Rows] : [Rows, Columns];

    /// <summary>Adds the next rows; neighbours become one range.</summary>
    public void Add(string parameter, int parameterRow, int rows)
    {
        int fileRow = 0;
        if (Ranges is [.., var last])
        {
            fileRow = last.FileRow + last.Rows;
            if (last.Parameter == parameter && last.ParameterRow + last.Rows == parameterRow)
            {
                Ranges[^1] = last with { Rows = last.Rows + rows };
                return;
            }
        }
        Ranges.Add(new RowRange(parameter, parameterRow, fileRow, rows));
    }
}
