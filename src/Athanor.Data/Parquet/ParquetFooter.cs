using System.Buffers.Binary;

namespace Athanor.Data.Parquet;

/// <summary>Physical types of Parquet.</summary>
internal enum ParquetType { Boolean, Int32, Int64, Int96, Float, Double, ByteArray, FixedLengthByteArray }

/// <summary>A flat column.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its physical type.</param>
/// <param name="Length">Bytes of a value of fixed length.</param>
/// <param name="Optional">Whether it may be null.</param>
/// <param name="Index">Its number among the leaves of the schema.</param>
internal sealed record ParquetField(string Name, ParquetType Type, int Length, bool Optional, int Index);

/// <summary>Where a column's values lie in a row group.</summary>
internal readonly record struct ParquetChunk(int Codec, long Values, long Offset, long Bytes);

/// <summary>Rows that lie together.</summary>
internal sealed record ParquetRowGroup(long Rows, IReadOnlyList<ParquetChunk> Chunks)
{
    /// <summary>The first byte of the group.</summary>
    public long Offset => Chunks.Count == 0 ? 0 : Chunks.Min(chunk => chunk.Offset);
}

/// <summary>The metadata at the end of a Parquet file: its flat columns and row groups.</summary>
/// <param name="Fields">Columns that are no lists and lie in no group.</param>
/// <param name="Groups">Row groups in the file's order.</param>
/// <param name="Nested">Columns at the top that are lists or groups; they are not read.</param>
internal sealed record ParquetFooter(IReadOnlyList<ParquetField> Fields, IReadOnlyList<ParquetRowGroup> Groups, IReadOnlyList<string> Nested)
{
    private const int Largest = 256 << 20;

    /// <exception cref="InvalidDataException">The file is no Parquet file, or its metadata contradicts itself.</exception>
    public static ParquetFooter Read(Stream file)
    {
        Span<byte> tail = stackalloc byte[8];
        if (file.Length < 12)
            throw new InvalidDataException("the file is too short for a Parquet file");
        file.Position = file.Length - 8;
        file.ReadExactly(tail);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (tail[4..].SequenceEqual("PARE"u8))
            throw new InvalidDataException("the file's footer is encrypted");
        if (!tail[4..].SequenceEqual("PAR1"u8) || length > file.Length - 12)
            throw new InvalidDataException("the file does not end as Parquet files do; it may be cut short");
        if (length > Largest)
            throw new InvalidDataException($"the file's metadata has {length} bytes, more than {Largest}");
        byte[] bytes = new byte[length];
        file.Position = file.Length - 8 - length;
        file.ReadExactly(bytes);
        return Parse(bytes, file.Length);
    }

    private static ParquetFooter Parse(ReadOnlySpan<byte> bytes, long fileLength)
    {
        var reader = new ThriftReader(bytes);
        var fields = new List<ParquetField>();
        var groups = new List<ParquetRowGroup>();
        var nested = new List<string>();
        int leaves = 0;
        for (int id = 0; reader.Field(ref id);)
        {
            if (id == 2)
                leaves = Schema(ref reader, fields, nested);
            else if (id == 4)
            {
                for (int count = reader.Count(); count > 0; count--)
                    groups.Add(Group(ref reader));
            }
            else
                reader.Skip();
        }
        foreach (ParquetRowGroup group in groups)
        {
            if (group.Chunks.Count != leaves || group.Rows < 0 || group.Chunks.Any(chunk => chunk.Offset < 4 || chunk.Bytes < 0 || chunk.Offset > fileLength - chunk.Bytes))
                throw new InvalidDataException("a row group does not lie within the file");
        }
        return new ParquetFooter(fields, groups, nested);
    }

    private static int Schema(ref ThriftReader reader, List<ParquetField> fields, List<string> nested)
    {
        int leaves = 0;
        // How many elements each open group still has; the first is the root.
        var open = new Stack<long>();
        for (int count = reader.Count(); count > 0; count--)
        {
            (long type, long length, long repetition, long children, string name) = (-1, 0, 0, 0, "");
            for (int id = 0; reader.Field(ref id);)
            {
                switch (id)
                {
                    case 1: type = reader.Number(); break;
                    case 2: length = reader.Number(); break;
                    case 3: repetition = reader.Number(); break;
                    case 4: name = reader.Text(); break;
                    case 5: children = reader.Number(); break;
                    default: reader.Skip(); break;
                }
            }
            bool top = open.Count == 1;
            if (open.TryPop(out long left))
                open.Push(left - 1);
            while (open.Count > 1 && open.Peek() == 0)
                open.Pop();
            if (children > 0 || leaves == 0 && open.Count == 0)
            {
                if (top)
                    nested.Add(name);
                open.Push(children);
                continue;
            }
            if (type is < 0 or > 7 || length is < 0 or > 1 << 20)
                throw new InvalidDataException($"the column '{name}' has a type that there is not");
            if (top && repetition < 2)
                fields.Add(new ParquetField(name, (ParquetType)type, (int)length, repetition == 1, leaves));
            else if (top)
                nested.Add(name);
            leaves++;
        }
        return leaves;
    }

    private static ParquetRowGroup Group(ref ThriftReader reader)
    {
        var chunks = new List<ParquetChunk>();
        long rows = 0;
        for (int id = 0; reader.Field(ref id);)
        {
            if (id == 1)
            {
                for (int count = reader.Count(); count > 0; count--)
                    chunks.Add(Chunk(ref reader));
            }
            else if (id == 3)
                rows = reader.Number();
            else
                reader.Skip();
        }
        return new ParquetRowGroup(rows, chunks);
    }

    private static ParquetChunk Chunk(ref ThriftReader reader)
    {
        ParquetChunk chunk = default;
        for (int id = 0; reader.Field(ref id);)
        {
            if (id == 1)
                throw new InvalidDataException("a column lies in another file");
            if (id == 3 && reader.Is(ThriftReader.Struct))
                chunk = MetaData(ref reader);
            else
                reader.Skip();
        }
        return chunk;
    }

    private static ParquetChunk MetaData(ref ThriftReader reader)
    {
        (long codec, long values, long bytes, long data, long dictionary) = (0, 0, 0, 0, 0);
        for (int id = 0; reader.Field(ref id);)
        {
            switch (id)
            {
                case 4: codec = reader.Number(); break;
                case 5: values = reader.Number(); break;
                case 7: bytes = reader.Number(); break;
                case 9: data = reader.Number(); break;
                case 11: dictionary = reader.Number(); break;
                default: reader.Skip(); break;
            }
        }
        return new ParquetChunk((int)codec, values, dictionary > 0 && dictionary < data ? dictionary : data, bytes);
    }
}
