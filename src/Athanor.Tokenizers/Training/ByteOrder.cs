namespace Athanor.Tokenizers.Training;

/// <summary>Which ids the 256 bytes get.</summary>
public enum ByteOrder
{
    /// <summary>
    /// The order of GPT-2's byte alphabet: printable ASCII, printable Latin-1, then the rest. tiktoken's rank files and the Hugging Face trainers have it, and with
    /// it ties between equally frequent pairs fall as theirs do.
    /// </summary>
    Gpt2,

    /// <summary>A byte's value is its id, as rustbpe and minbpe have it.</summary>
    Value,
}

/// <summary>The 256 single-byte tokens in an order.</summary>
internal static class OrderedBytes
{
    /// <summary>The bytes by id.</summary>
    public static byte[] By(ByteOrder order)
    {
        var bytes = new byte[256];
        int next = 0;
        for (int pass = 0; pass < 2; pass++)
        {
            for (int value = 0; value < 256; value++)
            {
                bool printable = order == ByteOrder.Value || value is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255);
                if (printable == (pass == 0))
                    bytes[next++] = (byte)value;
            }
        }
        return bytes;
    }
}
