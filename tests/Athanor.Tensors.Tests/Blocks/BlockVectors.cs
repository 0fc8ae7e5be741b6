namespace Athanor.Tensors.Tests.Blocks;

/// <summary>What ggml (ggml_quantize_chunk and dequantize_row_*, release 0.5.0 of llama.cpp's npm build) makes of <see cref="BlockInput"/>.</summary>
internal static class BlockVectors
{
    /// <summary>Format; the 256 numbers of <see cref="BlockInput.Small"/> encoded, in Base64; SHA-256 of <see cref="BlockInput.Large"/> encoded; SHA-256 of the first decoded again.</summary>
    public static readonly string[][] All =
    [
        ["Q4_0",
            "jiJZfddyWa043MpbppZKCsRUYKKymtNoIZa9IU+nSHV7DId0tSNqrppUgGeTrEbnNUfFvIRYCyNqGcOkxzv3k4qlzJ3QaVycM6Llmmeogam+C7npISx4R80W1qHc7F82z+UIqHR9Z6p7UZ91lCJaVLpwGzYJioXZJmSHTLT5H6OYdjDkLF+hpqTszINwxIlp",
            "34e3cc1cc25e6b48fb48b334756a3d579cb4bc57cc563629d9738df751435130", "6b315cff8ddb31bfdfc5ae1be9b5db7fd21a6bd5fe3c85c98a177666d1a7cf1a"],
        ["Q4_1",
            "zCGOrmt/+HNazzn92123p1sL5GSOIuqtTWUsl95pQt6wWLeKhfN4i1kjta9qr5pVgHikvUb4NVjFvYRo7iILr2oZw6THO/eTi6XMntBpXJy7IYysCVWHRn5FMPQ1Bc7Sh7gh6DAiw600FKHKMCr3V5uTqGaErnCagyKUrlpUynAbNgmLhdkmZJdctPlVI6CuZ4rPK9OwXllbEzN8jzt2lg==",
            "8455370024df533182e763135b0722d5e7b3e4e495cc376f9d3ed1c34de89069", "bee1bf4b343328c45e82c61fbad2cbacc8d8006db4cab700f897dbf3fc8c78f1"],
        ["Q5_0",
            "jh7zM6RNs9uu1ZFKYKd0lj0thAOYp2CeSjVnQmM0p8AxLHpTj05x69UJDui1H4eg1nLETSOpAN43WIzPWZ96aAiwCx8j7dyf0zGGSH1X7xYFSngboLKnKDOe6ktrQ8sj3kDzQnwFYsJSN++Nmi3Wnddas0iX2K5rn8sAUejav0PnsS/rlB7VooTTs6hz4RZrAgUJoky4Hph54x+fMcbJbyD7YbhIn0FMSMmYFfCHAtM=",
            "9a2a14191ddcef7535091aeac9da492a2fae12e124917774f698fa3c3f44c0b4", "16dbb3a71cfd367a86fb4102b36aa187a30b42ea10516f2b937c0a1f207e36c1"],
        ["Q5_1",
            "nB2OrvczpE3W//H1tI5z67e6f1+nBtnJVx7qrbXKmL2cylg/ztOFrHCxjhQq9vAXHB+1r6eq1nLVXzWpEOBIeo3waqCbihnBtB4LryPt3J/UMqdZjmj/JwZbiSzAw6g5jB2MrBGkhLwDuh+N7Ipg93sLnbUOYDLB/R3DrSilTLdoOFKUcUX/vycmQcwZTuAkTR6UrtWihNO0qITxF2wDBhqzTMgumYnzGB+grs45NpDfBJ5HtmC+o6c2ZuoPeP0s",
            "48ed816441ffa2202f4474f10cd15f3c90383e9d45292e1b15b9a6cb5dc99216", "eb24b8ceb1c9751021fb9ff0a9414a2f72b9435bef178a74a2136c2cab9ac28f"],
        ["Q8_0",
            "mxIYVPGlCE4AOx8z6OceGb681+pS6swjrk06zBsNw4FG0G0SZN1K/nYhrmqKE/sq2LoMPNLqriNl88paQuFFERV//RPEEx1kHMaB87hA3vXL9M5BxADeHQ3N/uYVJ71iq8g5LgDVGhMaDLPD7DT2tCXTPlaBFDk95phDIjmrawr8HzoIU9vNDz8SKeYN/Wrto9jz8XDFBxivHKPvGdwG3st/06NXZRFCuW3iEcXDkiaJLP77PrIK6Mt2gym2mixNuaR/2xQWJOIOKPIUoRIYwRuIL9oRJswP3b7tPsUU188284qxgf4AUKHaB8g1bS4T/Sd3Qb2Kdh9Du71Wf0Tz6/IITKldN+Ld3KG8+wi//Rw=",
            "18b0220eb2751ad3bb9b4094dc637e6a7d2469feac111297508edb661a98db9b", "498c69ff34fe93db4ec922742a8f9cf215b8aef1027ae2f815cf8025ed15fd2c"],
        ["Q4_K",
            "UAv2F/H8//qysP/4UuVYPttfuHLpnyndC413l1s7hLRGZy+X1WtDz71Vu4qE4H6Fq587RXDIhD22WNXoBa3F2XYb2rXJN/qbhK/Dle1sWZZJRRemDqVwdLY1jmJH+AGoMBWoxDck81+TkKxtiKtynnqk+rE7BvmbtTk21Pe8ZGpmhcwn0bNQWFgdMnaJNXyf",
            "972bca23e20c4f45095cf3eaab17b6a7e8f95671504f308615216827c90f6a83", "d4adbdf0e37a0159eeba96110d7d97bf64debf697cb4aab669a68bd1fa70595f"],
        ["Q5_K",
            "LgfAF/L6//y28f/7YQVob1+Nx6BTK8nHqUc4joH9Cn4AhP0qjoEsX2tsOxv+NkX6tq+A5dQ+Q8sHGu9Pp2YJaZ3PTz+72Ieue7t3FBrg7RxFP3WZ4I8Hem2wmsAKSomR3TWjWoFu9CcYX5YqycihO4OKL00cW/D4fGsd1Z7hAlFgO1GYfkn2vycgSswQV+Mt5EjkcWcM4zZ6Y2yo/nnZw9sKiE+xZrCgoTtk7AJ56C8=",
            "175b2b9b6117cb304f193dbc21a3caccd0491ce3e34e35c93833c98900a20651", "0200f6e4b07d13a5adbbdbb8c277c10523c8a4ffd3398c0ec9cee44461862726"],
        ["Q6_K",
            "eJ57EAPc4AV70jfXOwkZCLZ7xBsTmJwzbgPHI9ERAeRmOdwRsdfm1J9b8VUbU+3wi/XEaPeTDdoQeP/se7Hxy2QHfBHCZUqrNERw8b4JF1hnROrZL8gN8QtHi2csING1EWElCRPrL4//HROqA/0xWrI5lT3xJmFJSwuX5z2m85uiuyFYQpdOM55XmdUavpSkqdkfdSHqGFO2STJ2BZCrZaVWIUrg2idmGuLYBxU9k6lfnuUSzc5CWGY3BFilFWu0s5BlbYBiiGNbap1klpN2p++B",
            "8bfca95b939c4cbab84e61b3138c2b75d00673ae116f962f3b7e418224c45b77", "a981a9ddb60edd144019dd4ff122f68106bf35825c285370a4bf5e8530fb49a8"],
        ["Q2_K",
            "idu8av6s672Km7yLyszvmu63bViO65F/0mrV6Ra22OhRJqOanRfhq0uxioblbFeVppXiiXMZ6LWZZVvU5b5QalCR6hnB0U1nZTgLV6YaZLfiHBUg",
            "", "c88f89a694c57a654a680b8ad510a072dab4a912a1ab627803e23712315546d4"],
        ["Q3_K",
            "zR9UMsG9e3U71aocE2+a7L66w1S0vxJpXVIFreAI/8RVN5ugwI8son3Oo88laaGJV/e/74bROSc6xrksbmCC7h/pFISk9RPRqJmwbjyvJ1c7La9JyJ3CxM1/nTUDriJ9e6cpmmBp0zswPMM/vZM=",
            "", "4dce4029830be9ef9bed8e9229b858e4f4826a95fb35180fb0396be070082ed0"],
    ];
}
