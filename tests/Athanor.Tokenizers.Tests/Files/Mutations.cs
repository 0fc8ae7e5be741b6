namespace Athanor.Tokenizers.Tests.Files;

/// <summary>Damages bytes in the ways that transfers, editors and attackers do.</summary>
internal static class Mutations
{
    public static byte[] Damage(Random random, byte[] data)
    {
        var damaged = new List<byte>(data);
        for (int round = random.Next(1, 4); round > 0 && damaged.Count > 0; round--)
        {
            int at = random.Next(damaged.Count), length = Math.Min(random.Next(1, 1 << random.Next(1, 9)), damaged.Count - at);
            switch (random.Next(7))
            {
                case 0:
                    damaged[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    damaged[at] = (byte)random.Next(256);
                    break;
                case 2:
                    damaged.RemoveRange(at, damaged.Count - at);
                    break;
                case 3:
                    damaged.RemoveRange(at, length);
                    break;
                case 4:
                    damaged.InsertRange(at, damaged.GetRange(random.Next(damaged.Count - length + 1), length));
                    break;
                case 5:
                    damaged[at] = 0xFF;
                    break;
                default:
                    for (int i = 0; i < length; i++)
                        damaged[at + i] = (byte)random.Next(256);
                    break;
            }
        }
        return [.. damaged];
    }

    /// <summary>Reads <paramref name="count"/> damaged copies: each is read, or refused with an error that names the source.</summary>
    public static void Check(byte[] data, int count, Action<byte[]> read)
    {
        var random = new Random(20261121);
        int refused = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] damaged = Damage(random, data);
            try
            {
                read(damaged);
            }
            catch (TokenizerFormatException e)
            {
                Assert.Equal("fuzz", e.SourceName);
                refused++;
            }
        }
        Assert.True(refused > count / 4, $"only {refused} of {count} were refused");
    }
}
