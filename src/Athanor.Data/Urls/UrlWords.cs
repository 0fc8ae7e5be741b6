namespace Athanor.Data.Urls;

/// <summary>Small lists of our own of words that addresses of adult, gambling and pirate sites are made of.</summary>
internal static class UrlWords
{
    /// <summary>One is enough.</summary>
    public static readonly string[] Hard =
    [
        "porn", "porno", "porns", "pornos", "xxx", "xxxx", "hentai", "milf", "milfs", "blowjob", "blowjobs", "handjob", "cumshot", "cumshots", "creampie", "gangbang", "bukkake", "deepthroat", "camgirl", "camgirls", "sexcam", "sexcams", "livesex",
        "sextube", "fuck", "fucking", "dildo", "dildos", "upskirt", "shemale", "shemales", "nsfw", "rule34", "callgirls", "onlyfansleak", "onlyfansleaks", "viagra", "cialis", "warez", "keygen", "keygens",
    ];

    /// <summary>Two different ones are.</summary>
    public static readonly string[] Soft =
    [
        "sex", "sexy", "nude", "nudes", "naked", "erotic", "erotica", "erotik", "webcam", "webcams", "cam", "cams", "escort", "escorts", "fetish", "bdsm", "anal", "boobs", "tits", "pussy", "hot", "hottest",
        "casino", "casinos", "poker", "slots", "betting", "jackpot", "jackpots", "gambling", "torrent", "torrents", "cracked", "crack", "serial",
    ];

    /// <summary>Found anywhere, even within words and across signs.</summary>
    public static readonly string[] Sub =
    [
        "xvideos", "xhamster", "xnxx", "youporn", "redtube", "pornhub", "spankbang", "chaturbate", "livejasmin", "bongacams", "stripchat", "camsoda", "brazzers", "bangbros", "porntube", "freeporn", "pornstar", "pornvideo", "pornmovie", "sexvideo", "sextape", "sexchat", "nakedgirl", "nudegirl",
        "hardcoresex", "adultdating", "hookupsite", "gaysex", "analsex", "teensex", "milfsex", "hentaimanga", "onlinecasino", "casinobonus", "freeslots", "buyviagra", "cheapviagra", "genericcialis",
    ];
}
