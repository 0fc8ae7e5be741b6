namespace Athanor.Data.Parquet;

/// <summary>The head of a page.</summary>
internal struct ParquetPage
{
    public const int Data = 0, Dictionary = 2, DataV2 = 3;
    public const int Plain = 0, PlainDictionary = 2, Rle = 3, DeltaNumbers = 5, DeltaLengths = 6, DeltaTexts = 7, RleDictionary = 8, SplitBytes = 9;

    public int HeaderLength, Type, Unpacked, Packed, Values, Encoding, LevelEncoding, LevelBytes, RepetitionBytes;
    public bool IsPacked;

    public static ParquetPage Read(ReadOnlySpan<byte> bytes)
    {
        var page = new ParquetPage { Type = -1, IsPacked = true, LevelEncoding = Rle };
        var reader = new ThriftReader(bytes);
        for (int id = 0; reader.Field(ref id);)
        {
            switch (id)
            {
                case 1: page.Type = (int)reader.Number(); break;
                case 2: page.Unpacked = (int)reader.Number(); break;
                case 3: page.Packed = (int)reader.Number(); break;
                case 5 or 7: page.Head(ref reader, v2: false); break;
                case 8: page.Head(ref reader, v2: true); break;
                default: reader.Skip(); break;
            }
        }
        page.HeaderLength = reader.Position;
        return page;
    }

    private void Head(ref ThriftReader reader, bool v2)
    {
        for (int id = 0; reader.Field(ref id);)
        {
            switch (id)
            {
                case 1: Values = (int)reader.Number(); break;
                case 2 when !v2: Encoding = (int)reader.Number(); break;
                case 3 when !v2 && !reader.Is(1) && !reader.Is(2): LevelEncoding = (int)reader.Number(); break;
                case 4 when v2: Encoding = (int)reader.Number(); break;
                case 5 when v2: LevelBytes = (int)reader.Number(); break;
                case 6 when v2: RepetitionBytes = (int)reader.Number(); break;
                case 7 when v2: IsPacked = reader.Bool(); break;
                default: reader.Skip(); break;
            }
        }
    }
}
